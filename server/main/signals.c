#include "server/main/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/stop.h"
#include "server/net/tls/tls_contexts.h"
#include "server/observe/log.h"

/* State of the process, as signals are. */
static struct {
    struct server *server;
    uv_async_t wake; /* may be rung by a handler; loop 0 does the rest */
    uv_async_t reload;
    _Atomic int first;
} signals;

static void write_last_words(void)
{
    static const char words[] = "You insist... exiting now.\n";
    int fd = log_open_descriptor();
    if (fd < 0) return;
    ssize_t written = write(fd, words, sizeof(words) - 1);
    (void)written;
}

static void on_signal(int number)
{
    int none = 0;
    bool stopping = atomic_load(&signals.server->stop.asked);
    bool is_first = atomic_compare_exchange_strong(&signals.first, &none, number) && !stopping;
    if (is_first) {
        uv_async_send(&signals.wake);
    } else if (number == SIGINT) {
        write_last_words();
        _exit(1);
    }
}

static void stop(uv_async_t *wake)
{
    (void)wake;
    log_write(LOG_LEVEL_WARNING, "Received %s scheduling shutdown...",
              atomic_load(&signals.first) == SIGINT ? "SIGINT" : "SIGTERM");
    stop_ask(signals.server, 0);
}

static void on_hangup(int number)
{
    (void)number;
    uv_async_send(&signals.reload);
}

/* Certificates that were renewed. A terminal that is closed says the same, and changes nothing. */
static void reload(uv_async_t *hangup)
{
    (void)hangup;
    bool loaded = tls_contexts_load(signals.server->tls);
    if (loaded)
        log_write(LOG_LEVEL_NOTICE, "Received SIGHUP: certificates are read anew.");
    else
        log_write(LOG_LEVEL_WARNING,
                  "Received SIGHUP, but TLS cannot be configured anew: it stays as it is.");
}

static void set_handler(int number, void (*handler)(int number))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void signals_watch(struct server *server)
{
    signals.server = server;
    int failure = uv_async_init(&server->loops[0].uv, &signals.wake, stop);
    if (failure == 0) failure = uv_async_init(&server->loops[0].uv, &signals.reload, reload);
    INVARIANT(failure == 0);
    uv_unref((uv_handle_t *)&signals.wake);
    uv_unref((uv_handle_t *)&signals.reload);
    set_handler(SIGTERM, on_signal);
    set_handler(SIGINT, on_signal);
    set_handler(SIGHUP, on_hangup);
}

/* Who asks politely gets what is on its way already, and the exit code of an orderly end. */
void signals_forget(void)
{
    set_handler(SIGTERM, SIG_IGN);
    set_handler(SIGINT, SIG_DFL);
    set_handler(SIGHUP, SIG_IGN);
}
