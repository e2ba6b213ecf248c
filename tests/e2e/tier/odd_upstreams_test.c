/*
 * The near cache in front of what is no Redis 7: older servers, proxies, broken streams.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/odd_upstream.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_odd_upstreams, .timeout = 60);

static struct odd_upstream upstream;
static struct instance server;
static struct client client;

static void open_in_front_of(odd_rule rule, bool slow, const char *state)
{
    static char url[64];
    static const char *options[8];
    odd_upstream_start(&upstream, rule, slow);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", upstream.port);
    options[0] = "--upstream";
    options[1] = url;
    options[2] = "--upstream-reconnect";
    options[3] = "30";
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, server.port));
    tier_wait_link(&client, state);
}

static void close_all(void)
{
    client_close(&client);
    instance_stop(&server);
    odd_upstream_stop(&upstream);
}

static void expect_info(const char *line)
{
    struct slice info = client_ask(&client, "INFO nearcache");
    cr_assert(memmem(info.data, info.len, line, strlen(line)) != NULL, "no %s in %.*s", line, (int)info.len,
              info.data);
}

/* The key that the server tries tracking with, remembered by the connection's process, is told of before the
 * next PONG. */
static const char *pong(const struct slice *argv, size_t argc)
{
    static char push[256];
    static size_t key_len;
    static char key[128];
    if (odd_is(argv, argc, "GET", NULL) && argv[1].len < sizeof key) {
        memcpy(key, argv[1].data, key_len = argv[1].len);
        return NULL;
    }
    snprintf(push, sizeof push, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$%zu\r\n%.*s\r\n+PONG\r\n", key_len,
             (int)key_len, key);
    return key_len > 0 ? push : "+PONG\r\n";
}

/* What any of them answers. */
static const char *usual(const struct slice *argv, size_t argc)
{
    if (odd_is(argv, argc, "HELLO", NULL)) return "%1\r\n$5\r\nproto\r\n:3\r\n";
    if (odd_is(argv, argc, "PING", NULL)) return "+PONG\r\n";
    if (odd_is(argv, argc, "CLIENT", "TRACKINGINFO")) return "%1\r\n$5\r\nflags\r\n~1\r\n$2\r\non\r\n";
    if (odd_is(argv, argc, "INFO", NULL)) return "$9\r\n# Nothing\r\n";
    if (odd_is(argv, argc, "COMMAND", NULL)) return "*0\r\n";
    if (odd_is(argv, argc, "PTTL", NULL)) return ":-1\r\n";
    if (odd_is(argv, argc, "GET", "absent")) return "_\r\n";
    if (odd_is(argv, argc, "GET", NULL)) return "$1\r\nv\r\n";
    if (odd_is(argv, argc, "MGET", NULL)) return "*2\r\n$1\r\nv\r\n_\r\n";
    return "+OK\r\n";
}

static const char *tracks(const struct slice *argv, size_t argc)
{
    const char *answer =
        odd_is(argv, argc, "GET", NULL) || odd_is(argv, argc, "PING", NULL) ? pong(argv, argc) : NULL;
    return answer != NULL ? answer : usual(argv, argc);
}

static const char *old_redis(int connection, const struct slice *argv, size_t argc)
{
    (void)connection;
    if (odd_is(argv, argc, "HELLO", NULL)) return "-ERR unknown command `HELLO`\r\n";
    if (odd_is(argv, argc, "GET", "absent")) return "$-1\r\n";
    if (odd_is(argv, argc, "MGET", NULL)) return "*2\r\n$1\r\nv\r\n$-1\r\n";
    return usual(argv, argc);
}

Test(tier_odd_upstreams, without_resp3_copies_live_for_near_cache_max_ttl)
{
    open_in_front_of(old_redis, false, "up");
    expect_info("nearcache_tracking:ttl\r\n");
    expect_info("nearcache_protocol:2\r\n");
    expect(&client, "GET k", "\"v\"");
    tier_wait_count(&client, "nearcache_fills", 1);
    tier_expect_hit(&client, "GET k", "\"v\"");
    expect_raw(&client, SLICE("GET absent\r\n"), SLICE("$-1\r\n"));
    expect_start(&client, "HELLO 3", "1# \"server\"");
    expect_raw(&client, SLICE("GET absent\r\n"), SLICE("_\r\n"));
    expect_raw(&client, SLICE("MGET a b\r\n"), SLICE("*2\r\n$1\r\nv\r\n_\r\n"));
    close_all();
}

static const char *without_broadcast(int connection, const struct slice *argv, size_t argc)
{
    (void)connection;
    bool tracking = odd_is(argv, argc, "CLIENT", "TRACKING");
    if (tracking && argc > 3 && slice_equal(argv[3], SLICE("BCAST"))) return "-ERR syntax error\r\n";
    return tracks(argv, argc);
}

Test(tier_odd_upstreams, without_broadcast_the_keys_that_are_read_are_tracked)
{
    open_in_front_of(without_broadcast, false, "up");
    expect_info("nearcache_tracking:default\r\n");
    close_all();
}

static const char *without_tracking(int connection, const struct slice *argv, size_t argc)
{
    (void)connection;
    if (odd_is(argv, argc, "CLIENT", "TRACKING")) return "-ERR unknown subcommand\r\n";
    return usual(argv, argc);
}

Test(tier_odd_upstreams, without_tracking_copies_live_for_near_cache_max_ttl)
{
    open_in_front_of(without_tracking, false, "up");
    expect_info("nearcache_tracking:ttl\r\n");
    close_all();
}

static const char *silent_proxy(int connection, const struct slice *argv, size_t argc)
{
    (void)connection;
    return usual(argv, argc);
}

/* It accepts CLIENT TRACKING, and no push ever comes. */
Test(tier_odd_upstreams, tracking_that_tells_nothing_is_found_out)
{
    open_in_front_of(silent_proxy, false, "up");
    expect_info("nearcache_tracking:ttl\r\n");
    close_all();
}

static const char *with_few_databases(int connection, const struct slice *argv, size_t argc)
{
    (void)connection;
    if (odd_is(argv, argc, "SELECT", "15")) return "-ERR DB index is out of range\r\n";
    if (odd_is(argv, argc, "CONFIG", "GET")) return "%1\r\n$9\r\ndatabases\r\n$1\r\n4\r\n";
    return usual(argv, argc);
}

Test(tier_odd_upstreams, a_database_that_the_upstream_lacks_cannot_be_selected)
{
    open_in_front_of(with_few_databases, false, "up");
    expect(&client, "SELECT 3", "OK");
    expect(&client, "SELECT 4", "(error) ERR DB index is out of range");
    expect(&client, "SET k v", "OK");
    close_all();
}

Test(tier_odd_upstreams, a_reply_may_come_in_any_pieces)
{
    open_in_front_of(without_broadcast, true, "up");
    for (int i = 0; i < 20; i++) {
        expect(&client, "MGET a b", "1) \"v\"\n2) (nil)");
        expect(&client, "SET k v", "OK");
        expect(&client, "GET k", "\"v\"");
    }
    close_all();
}

/* The fourth connection is a good one. */
static const char *garbage_at_first(int connection, const struct slice *argv, size_t argc)
{
    static const char *const greetings[] = { "HTTP/1.1 400 Bad Request\r\n\r\n", "*-100\r\n", "$-7\r\n" };
    if (connection < 3 && odd_is(argv, argc, "HELLO", NULL)) return greetings[connection];
    return usual(argv, argc);
}

Test(tier_odd_upstreams, what_is_no_reply_ends_the_link_and_not_the_server)
{
    open_in_front_of(garbage_at_first, false, "up");
    expect(&client, "SET k v", "OK");
    expect(&client, "GET k", "\"v\"");
    close_all();
}

static const char *answers_too_much(int connection, const struct slice *argv, size_t argc)
{
    (void)connection;
    if (odd_is(argv, argc, "SET", "twice")) return "+OK\r\n+OK\r\n";
    if (odd_is(argv, argc, "SET", "close")) return NULL;
    return usual(argv, argc);
}

Test(tier_odd_upstreams, a_stream_out_of_step_is_not_trusted)
{
    open_in_front_of(answers_too_much, false, "up");
    expect(&client, "SET twice v", "OK");
    tier_wait_count(&client, "nearcache_reconnects", 1);
    expect(&client, "SET k v", "OK");
    expect(&client, "SET close v",
           "(error) ERR The link with the upstream was lost: whether this command was executed is unknown.");
    tier_wait_count(&client, "nearcache_reconnects", 2);
    expect(&client, "GET k", "\"v\"");
    close_all();
}

static const char *forgets_tracking(int connection, const struct slice *argv, size_t argc)
{
    if (connection == 0 && odd_is(argv, argc, "CLIENT", "TRACKINGINFO"))
        return "%1\r\n$5\r\nflags\r\n~1\r\n$3\r\noff\r\n";
    return tracks(argv, argc);
}

Test(tier_odd_upstreams, a_link_that_is_no_longer_tracked_is_made_anew)
{
    open_in_front_of(forgets_tracking, false, "up");
    tier_wait_count(&client, "nearcache_reconnects", 1);
    close_all();
}

/* As when something between replaces the connection and ours stays open. */
static const char *changes_connections(int connection, const struct slice *argv, size_t argc)
{
    static int asked;
    if (odd_is(argv, argc, "CLIENT", "ID")) return connection == 0 && ++asked > 2 ? ":8\r\n" : ":7\r\n";
    return tracks(argv, argc);
}

Test(tier_odd_upstreams, another_connection_in_the_place_of_ours_is_noticed)
{
    open_in_front_of(changes_connections, false, "up");
    tier_wait_count(&client, "nearcache_reconnects", 1);
    close_all();
}

static const char *changes_servers(int connection, const struct slice *argv, size_t argc)
{
    static int asked;
    if (odd_is(argv, argc, "INFO", "server"))
        return connection == 0 && ++asked > 2 ? "$10\r\nrun_id:b\r\n\r\n" : "$10\r\nrun_id:a\r\n\r\n";
    return tracks(argv, argc);
}

Test(tier_odd_upstreams, another_server_behind_the_same_connection_is_noticed)
{
    open_in_front_of(changes_servers, false, "up");
    tier_wait_count(&client, "nearcache_reconnects", 1);
    close_all();
}

static const char *wants_a_password(int connection, const struct slice *argv, size_t argc)
{
    (void)connection;
    if (odd_is(argv, argc, "HELLO", NULL))
        return "-NOAUTH HELLO must be called with the client authenticated\r\n";
    return "-NOAUTH Authentication required.\r\n";
}

Test(tier_odd_upstreams, an_upstream_that_refuses_the_greeting_is_no_link)
{
    open_in_front_of(wants_a_password, false, "down");
    expect(&client, "GET k",
           "(error) MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this.");
    close_all();
}
