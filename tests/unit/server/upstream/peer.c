#include "tests/unit/server/upstream/peer.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/clock/moved_time.h"
#include "tests/support/pace.h"

/* Turns after which whatever was under way between two sockets of this machine has come, and timers that were
 * started by others are over. */
#define SETTLED 20

void peer_open(struct peer *peer)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    signal(SIGPIPE, SIG_IGN);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(peer->listener, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(listen(peer->listener, 8), 0);
    cr_assert_eq(getsockname(peer->listener, (struct sockaddr *)&address, &len), 0);
    peer->url = (struct upstream_url){ .host = "127.0.0.1", .port = ntohs(address.sin_port) };
    moved_time_stop(moved_time_here());
    uv_loop_init(&peer->uv);
}

void peer_close(struct peer *peer)
{
    uv_run(&peer->uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&peer->uv), 0);
    close(peer->listener);
}

bool peer_has_waited(struct peer *peer, int64_t since_ms)
{
    uv_run(&peer->uv, UV_RUN_NOWAIT);
    pace_sleep_ms(1);
    return pace_now_ms() - since_ms > 10000 * PACE;
}

static void settle(struct peer *peer)
{
    for (int i = 0; i < SETTLED; i++) peer_has_waited(peer, 0);
}

void peer_advance(struct peer *peer, int64_t ms)
{
    settle(peer);
    moved_time_advance(moved_time_here(), ms);
    settle(peer);
}

void peer_accept(struct peer *peer, int which)
{
    int64_t start = pace_now_ms();
    while ((peer->connections[which] = accept(peer->listener, NULL, NULL)) < 0)
        cr_assert_not(peer_has_waited(peer, start), "no connection");
    cr_assert_eq(fcntl(peer->connections[which], F_SETFL, O_NONBLOCK), 0);
}

void peer_wait_for(struct peer *peer, int which, const char *word)
{
    char bytes[4096];
    size_t len = 0;
    int64_t start = pace_now_ms();
    do {
        ssize_t got = read(peer->connections[which], bytes + len, sizeof bytes - 1 - len);
        if (got > 0) len += (size_t)got;
        bytes[len] = '\0';
        if (strstr(bytes, word) != NULL) return;
    } while (!peer_has_waited(peer, start));
    cr_assert(false, "%s has not come, but %s", word, bytes);
}

void peer_expect_quiet(struct peer *peer, int which)
{
    char bytes[4096];
    settle(peer);
    ssize_t got = read(peer->connections[which], bytes, sizeof bytes - 1);
    cr_assert_lt(got, 0, "%.*s has come", (int)got, bytes);
}

void peer_say(struct peer *peer, int which, const char *bytes)
{
    cr_assert_eq(write(peer->connections[which], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

void peer_hang_up(struct peer *peer, int which)
{
    close(peer->connections[which]);
}

void peer_reset(struct peer *peer, int which)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(peer->connections[which], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(peer->connections[which]);
}

void peer_greet(struct peer *peer, int which, const char *run_id)
{
    char info[128];
    peer_wait_for(peer, which, "HELLO");
    peer_say(peer, which, "%0\r\n");
    peer_wait_for(peer, which, "INFO");
    snprintf(info, sizeof info, "$%zu\r\nrun_id:%s\r\n\r\n", strlen(run_id) + 9, run_id);
    peer_say(peer, which, info);
}
