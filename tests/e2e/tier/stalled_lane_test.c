/*
 * The lane falls silent while the other connections to the upstream work.
 */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>

#include "tests/e2e/tier/odd_upstream.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"

#define NO_LINK                                                                                              \
    "(error) MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this."

TestSuite(tier_stalled_lane, .timeout = 60);

static struct odd_upstream upstream;
static struct instance server;
static struct client client;
/* Shared by the processes that serve the connections. */
static _Atomic bool *stalled;

#define BITFIELD_ROW "*6\r\n$8\r\nbitfield\r\n:-2\r\n~1\r\n+write\r\n:1\r\n:1\r\n:1\r\n"
#define EVAL_ROW     "*6\r\n$4\r\neval\r\n:-3\r\n~1\r\n+movablekeys\r\n:0\r\n:0\r\n:0\r\n"
#define LLEN_ROW     "*6\r\n$4\r\nllen\r\n:2\r\n~1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n"

/* The first connection is the lane. It stalls as a command comes over another one. */
static const char *stalls(int connection, const struct slice *argv, size_t argc)
{
    if (connection == 0 && atomic_load(stalled)) return "";
    if (odd_is(argv, argc, "HELLO", NULL)) return atomic_load(stalled) ? NULL : "%1\r\n$5\r\nproto\r\n:3\r\n";
    if (odd_is(argv, argc, "PING", NULL)) return "+PONG\r\n";
    if (odd_is(argv, argc, "INFO", NULL)) return "$9\r\n# Nothing\r\n";
    if (odd_is(argv, argc, "CLIENT", "ID")) return ":7\r\n";
    if (odd_is(argv, argc, "COMMAND", NULL)) return "*3\r\n" BITFIELD_ROW EVAL_ROW LLEN_ROW;
    if (odd_is(argv, argc, "PTTL", NULL)) return ":-1\r\n";
    if (odd_is(argv, argc, "GET", NULL)) return "$1\r\nv\r\n";
    if (odd_is(argv, argc, "CLIENT", NULL)) return "+OK\r\n";
    if (odd_is(argv, argc, "EVAL", NULL) || odd_is(argv, argc, "BITFIELD", NULL)) {
        atomic_store(stalled, true);
        return ":1\r\n";
    }
    return "+OK\r\n";
}

/* The connection of a client of its own: the lane stalls as that reads, and then it is closed. */
static const char *leaves(int connection, const struct slice *argv, size_t argc)
{
    if (odd_is(argv, argc, "HELLO", NULL)) return "%1\r\n$5\r\nproto\r\n:3\r\n";
    if (odd_is(argv, argc, "LLEN", NULL)) return NULL;
    if (connection > 0 && odd_is(argv, argc, "GET", "watched")) {
        atomic_store(stalled, true);
        return "$1\r\nv\r\n";
    }
    return stalls(connection, argv, argc);
}

static void open_by(odd_rule rule, const char *on_failure)
{
    static char url[64];
    stalled = mmap(NULL, sizeof *stalled, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    odd_upstream_start(&upstream, rule, false);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", upstream.port);
    static const char *options[16];
    size_t count = 0;
    const char *const all[] = { "--upstream",
                                url,
                                "--upstream-reconnect",
                                "30",
                                "--upstream-timeout",
                                "300",
                                "--near-cache-tracking",
                                "bcast",
                                "--upstream-on-failure",
                                on_failure };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) options[count++] = all[i];
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, server.port));
    tier_wait_link(&client, "up");
    expect(&client, "GET k", "\"v\"");
    expect(&client, "GET j", "\"v\"");
    tier_wait_count(&client, "nearcache_fills", 2);
    tier_expect_hit(&client, "GET k", "\"v\"");
}

static void open_with(const char *on_failure)
{
    open_by(stalls, on_failure);
}

static void close_all(void)
{
    client_close(&client);
    instance_stop(&server);
    odd_upstream_stop(&upstream);
    munmap((void *)stalled, sizeof *stalled);
}

/* A7: its acknowledgement has to wait for the lane, and is told when that is lost. */
Test(tier_stalled_lane, a_key_that_was_written_another_way_is_not_served_stale)
{
    open_with("serve-stale 60");
    expect(&client, "BITFIELD k SET u8 0 1", "(integer) 1");
    tier_wait_link(&client, "down");
    expect(&client, "GET k", NO_LINK);
    expect(&client, "GET j", "\"v\"");
    close_all();
}

/* A7 */
Test(tier_stalled_lane, a_command_whose_keys_cannot_be_told_ends_stale_service)
{
    open_with("serve-stale 60");
    expect(&client, "EVAL script 0", "(integer) 1");
    tier_wait_link(&client, "down");
    expect(&client, "GET k", NO_LINK);
    expect(&client, "GET j", NO_LINK);
    close_all();
}

/* A7 */
Test(tier_stalled_lane, what_was_written_another_way_is_unknown_to_the_plain_cache_too)
{
    open_with("local");
    expect(&client, "BITFIELD k SET u8 0 1", "(integer) 1");
    tier_wait_link(&client, "down");
    expect(&client, "GET k", "(nil)");
    expect(&client, "GET j", "\"v\"");
    close_all();
}

/* A lost read waits for the lane behind an earlier one, and when that comes back its client has no connection
 * of its own any more. It did not go over a shared one, and is not sent again. */
Test(tier_stalled_lane, what_was_lost_with_a_connection_of_its_clients_own_is_not_sent_again)
{
    struct client other;
    open_by(leaves, "error");
    expect(&client, "WATCH watched", "OK");
    cr_assert(client_send(&client, SLICE("GET watched\r\nLLEN list\r\n")));
    struct slice reply;
    cr_assert(client_read(&client, &reply));
    cr_expect(slice_equal(reply, SLICE("$1\r\nv\r\n")));
    cr_assert(client_wait_closed(&client));
    cr_assert(client_open_tcp(&other, server.port));
    tier_wait_link(&other, "up");
    client_close(&other);
    close_all();
}
