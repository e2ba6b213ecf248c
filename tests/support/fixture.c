#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/config.h"
#include "server/core/clock.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/core/stop.h"
#include "server/main/assembly.h"
#include "server/main/reconfigure.h"
#include "server/observe/log.h"
#include "tests/support/clock/moved_time.h"

#define ARGUMENTS_MAX 64

static void run(void *server)
{
    assembly_run(server);
}

static void load(struct fixture *fixture, const char *const *options)
{
    char *argv[ARGUMENTS_MAX] = {
        "fixture", "--port", "0", "--unixsocket", fixture->socket_path, "--save", "", "--io-threads", "1"
    };
    int argc = 9;
    for (; options != NULL && *options != NULL; options++) {
        REQUIRE(argc < ARGUMENTS_MAX);
        argv[argc++] = (char *)*options;
    }
    struct buffer report = { 0 };
    fixture->config = config_create();
    bool good = config_load(fixture->config, argc, argv, &report) == CONFIG_RUN;
    cr_assert(good, "%.*s", (int)report.len, report.data);
    buffer_clear(&report);
}

struct fixture *fixture_open(const char *const *options)
{
    struct fixture *fixture = ALLOC_NEW(struct fixture);
    signal(SIGPIPE, SIG_IGN); /* as the server's own process does */
    scratch_init(&fixture->scratch);
    scratch_path(&fixture->scratch, "socket", fixture->socket_path);
    scratch_path(&fixture->scratch, "log", fixture->log_path);
    load(fixture, options);
    log_open(&(struct log_options){ .path = fixture->log_path, .level = LOG_LEVEL_NOTICE });
    moved_time_stop(moved_time_here());
    fixture->server =
        assembly_create(&(struct assembly_options){ .config = fixture->config, .clock = clock_of_system() });
    cr_assert_not_null(fixture->server);
    reconfigure_register(fixture->server);
    cr_assert(assembly_start(fixture->server));
    cr_assert_eq(uv_thread_create(&fixture->thread, run, fixture->server), 0);
    fixture_connect(fixture, &fixture->client);
    return fixture;
}

void fixture_close(struct fixture **fixture)
{
    struct fixture *f = *fixture;
    client_close(&f->client);
    stop_ask(f->server, 0);
    uv_thread_join(&f->thread);
    assembly_destroy(&f->server);
    config_destroy(&f->config);
    scratch_clear(&f->scratch);
    alloc_free(f);
    *fixture = NULL;
}

void fixture_connect(struct fixture *fixture, struct client *client)
{
    cr_assert(client_open_unix(client, fixture->socket_path));
    cr_assert_gt(client_ask(client, "PING").len, 0);
}

struct call_of_a_loop {
    struct letter letter;
    uv_sem_t heard;
};

static void hear(struct loop *loop, struct letter *letter)
{
    (void)loop;
    uv_sem_post(&((struct call_of_a_loop *)letter)->heard);
}

static void call_loop(struct loop *loop)
{
    struct call_of_a_loop call = { .letter.open = hear };
    REQUIRE(uv_sem_init(&call.heard, 0) == 0);
    mailbox_post(&loop->mailbox, &call.letter);
    uv_sem_wait(&call.heard);
    uv_sem_destroy(&call.heard);
}

void fixture_advance(struct fixture *fixture, int64_t ms)
{
    struct server *server = fixture->server;
    moved_time_advance(moved_time_here(), ms);
    for (unsigned i = 0; i < server->loop_count; i++) {
        /* The first wakes it up, its timers run in the turn that begins then, and that turn opens the second.
         */
        call_loop(&server->loops[i]);
        call_loop(&server->loops[i]);
    }
}
