/*
 * Connections to the upstream: who lets us in, who is there, who is silent, and what clients are told.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/odd_upstream.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/tcp_proxy.h"

#define NO_LINK                                                                                              \
    "(error) MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this."
#define UNKNOWN                                                                                              \
    "(error) ERR The link with the upstream was lost: whether this command was executed is unknown."
#define BUSY "(error) BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."

TestSuite(tier_link, .timeout = 120);

static struct tier_example t;

static unsigned count_in_log(const struct instance *instance, const char *text)
{
    char line[1024];
    unsigned count = 0;
    FILE *log = fopen(instance->log_path, "r");
    cr_assert(log != NULL);
    while (fgets(line, sizeof line, log) != NULL) count += strstr(line, text) != NULL;
    fclose(log);
    return count;
}

/* B1 */
Test(tier_link, clients_are_told_when_the_upstream_takes_no_more_clients)
{
    static const char *const full = "(error) ERR max number of clients reached";
    tier_open(&t, NULL);
    expect(&t.direct, "CONFIG SET maxclients 2", "OK");
    for (int i = 0; i < 3; i++) {
        expect(&t.client, "HSET h f v", full);
        expect(&t.client, "SUBSCRIBE c", full);
        expect(&t.client, "MULTI", full);
        expect_start(&t.client, "EXEC", "(error) EXECABORT");
    }
    expect(&t.client, "SET k v", "OK"); /* the link stands */
    cr_assert_eq(count_in_log(&t.server, "no further connection: ERR max number of clients reached"), 1);
    expect(&t.direct, "CONFIG SET maxclients 100", "OK");
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "DISCARD", "OK");
    tier_close(&t);
}

/* B1: HELLO takes any password of a user who needs none, AUTH does not. */
Test(tier_link, a_password_that_the_upstream_has_not_is_no_obstacle)
{
    char url[128];
    tier_open(&t, NULL);
    client_close(&t.client);
    instance_stop(&t.server);
    snprintf(url, sizeof url, "redis://:secret@127.0.0.1:%d", t.redis.port);
    instance_start(&t.server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "GET k", "QUEUED");
    expect(&t.client, "EXEC", "1) (nil)");
    tier_close(&t);
}

/* B1 */
Test(tier_link, a_script_without_end_is_told_of_and_can_be_killed)
{
    struct client other;
    tier_open(&t, OPTIONS("--upstream-heartbeat", "100", "--near-cache-tracking", "off"));
    expect(&t.direct, "CONFIG SET busy-reply-threshold 50", "OK");
    cr_assert(client_open_tcp(&other, t.server.port));
    cr_assert(client_send_line(&other, "EVAL \"while true do end\" 0"));
    tier_wait_reply(&t.client, "PING", BUSY);
    expect(&t.client, "SET k v", BUSY);
    expect(&t.client, "GET k", BUSY);
    expect(&t.client, "HSET h f v", BUSY);
    expect(&t.client, "SELECT 2", "OK");
    expect(&t.client, "GET k", BUSY);
    expect(&t.client, "HGET h f", BUSY);
    expect(&t.client, "SCRIPT KILL", "OK");
    struct slice killed;
    cr_assert(client_read(&other, &killed));
    cr_assert(memmem(killed.data, killed.len, "killed by user", 14) != NULL);
    tier_wait_reply(&t.client, "PING", "PONG");
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect(&t.client, "SET k v", "OK");
    cr_assert_eq(tier_count(&t.client, "nearcache_reconnects"), 0);
    client_close(&other);
    tier_close(&t);
}

/* B1: with a database in the address, whose SELECT the script would have refused. */
Test(tier_link, a_script_can_be_killed_whichever_database_the_address_names)
{
    struct client other;
    char url[64];
    tier_open(&t, NULL);
    client_close(&t.client);
    instance_stop(&t.server);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d/3", t.redis.port);
    instance_start(&t.server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url, "--upstream-heartbeat", "100"));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    cr_assert(client_open_tcp(&other, t.server.port));
    tier_wait_link(&t.client, "up");
    expect(&t.direct, "CONFIG SET busy-reply-threshold 50", "OK");
    cr_assert(client_send_line(&other, "EVAL \"while true do end\" 0"));
    tier_wait_reply(&t.client, "PING", BUSY);
    expect(&t.client, "HSET h f v", BUSY);
    expect(&t.client, "SCRIPT KILL", "OK");
    tier_wait_reply(&t.client, "PING", "PONG");
    client_close(&other);
    tier_close(&t);
}

static struct instance second;
static struct tcp_proxy *proxy;
static char proxy_url[64];

static void open_behind_proxy(const char *const *options)
{
    tier_open(&t, NULL);
    client_close(&t.client);
    instance_stop(&t.server);
    proxy = tcp_proxy_start(t.redis.port);
    snprintf(proxy_url, sizeof proxy_url, "redis://127.0.0.1:%d", tcp_proxy_port(proxy));
    static const char *all[16] = { "--upstream", proxy_url };
    for (size_t i = 0; options != NULL && options[i] != NULL; i++) all[2 + i] = options[i];
    instance_start(&t.server, INSTANCE_NUTHATCH, all);
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
}

/* A13 */
Test(tier_link, a_further_connection_that_reaches_another_server_acknowledges_nothing)
{
    struct client there;
    open_behind_proxy(NULL);
    instance_start(&second, INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&there, second.port));
    expect(&t.client, "SET k old", "OK");
    tcp_proxy_redirect(proxy, second.port);
    expect(&t.client, "HSET h f v", NO_LINK);
    tier_wait_count(&t.client, "nearcache_reconnects", 1);
    tier_wait_link(&t.client, "up");
    expect(&t.client, "GET k", "(nil)"); /* the link has followed */
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect(&there, "HGET h f", "\"v\"");
    expect(&t.direct, "EXISTS h", "(integer) 0");
    client_close(&there);
    tier_close(&t);
    instance_stop(&second);
    tcp_proxy_stop(&proxy);
}

/* B22 */
Test(tier_link, a_server_that_is_its_own_upstream_does_not_start)
{
    char url[64], port[8];
    int free_port = instance_free_port();
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", free_port);
    snprintf(port, sizeof port, "%d", free_port);
    const char *argv[] = { instance_program(INSTANCE_NUTHATCH), "--port", port, "--upstream", url, NULL };
    struct child_options options = { .argv = argv };
    cr_assert_eq(child_run(&options, 10000), 1);
}

/* B22 */
Test(tier_link, servers_that_are_each_others_upstream_get_no_link)
{
    struct instance one;
    char url[64], back[64], port[8];
    int free_port = instance_free_port();
    snprintf(port, sizeof port, "%d", free_port);
    snprintf(back, sizeof back, "redis://127.0.0.1:%d", free_port);
    instance_start(&one, INSTANCE_NUTHATCH, OPTIONS("--upstream", back, "--upstream-reconnect", "50"));
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", one.port);
    const char *argv[] = { instance_program(INSTANCE_NUTHATCH), "--port", port, "--upstream", url, NULL };
    struct child_options options = { .argv = argv };
    struct child two;
    child_start(&two, &options);
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    bool two_ended = false, one_ended = false;
    while (!one_ended && !two_ended && pace_now_ms() < end_ms) {
        two_ended = child_wait(&two, 50);
        one_ended = child_wait(&one.child, 50);
    }
    cr_assert(one_ended || two_ended);
    int code = child_exit_code(one_ended ? &one.child : &two);
    cr_assert_eq(code, 1, "%s ended with %d", one_ended ? "one" : "two", code);
    if (one_ended) instance_restart(&one); /* which is to be stopped in order */
    child_stop(&two, 5000);
    instance_stop(&one);
}

/* B24 */
Test(tier_link, an_upstream_that_becomes_a_replica_is_left_until_there_is_a_master)
{
    char line[64];
    tier_open(&t, OPTIONS("--upstream-heartbeat", "200", "--upstream-reconnect", "50"));
    instance_start(&second, INSTANCE_REDIS, NULL);
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    snprintf(line, sizeof line, "REPLICAOF 127.0.0.1 %d", second.port);
    expect(&t.direct, line, "OK");
    tier_wait_link(&t.client, "down");
    expect(&t.client, "SET k w", NO_LINK);
    expect(&t.client, "GET k", NO_LINK);
    expect(&t.client, "HSET h f v", NO_LINK);
    expect(&t.direct, "REPLICAOF NO ONE", "OK");
    tier_wait_link(&t.client, "up");
    expect(&t.client, "SET k w", "OK");
    tier_close(&t);
    instance_stop(&second);
}

/* B24 */
Test(tier_link, a_write_that_is_refused_by_a_replica_tells_at_once)
{
    char line[64];
    tier_open(&t, OPTIONS("--upstream-heartbeat", "20000", "--upstream-timeout", "20000",
                          "--upstream-reconnect", "50"));
    instance_start(&second, INSTANCE_REDIS, NULL);
    expect(&t.client, "HSET h f v", "(integer) 1");
    snprintf(line, sizeof line, "REPLICAOF 127.0.0.1 %d", second.port);
    expect(&t.direct, line, "OK");
    expect(&t.client, "HSET h f w", "(error) READONLY You can't write against a read only replica.");
    tier_wait_link(&t.client, "down");
    expect(&t.direct, "REPLICAOF NO ONE", "OK");
    tier_wait_link(&t.client, "up");
    tier_close(&t);
    instance_stop(&second);
}

/* B24 */
Test(tier_link, a_replica_from_the_start_is_an_upstream_to_read_from)
{
    char line[64], url[64];
    tier_open(&t, NULL);
    client_close(&t.client);
    instance_stop(&t.server);
    instance_start(&second, INSTANCE_REDIS, NULL);
    struct client replica;
    cr_assert(client_open_tcp(&replica, second.port));
    expect(&t.direct, "CONFIG SET repl-diskless-sync-delay 0", "OK");
    expect(&t.direct, "SET k v", "OK");
    snprintf(line, sizeof line, "REPLICAOF 127.0.0.1 %d", t.redis.port);
    expect(&replica, line, "OK");
    tier_wait_reply(&replica, "GET k", "\"v\"");
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", second.port);
    instance_start(&t.server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url, "--upstream-heartbeat", "100"));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.client, "SET k w", "(error) READONLY You can't write against a read only replica.");
    pace_sleep_ms(500);
    cr_assert_eq(tier_count(&t.client, "nearcache_reconnects"), 0);
    cr_assert_eq(count_in_log(&t.server, "it is a replica"), 1);
    client_close(&replica);
    tier_close(&t);
    instance_stop(&second);
}

/* B23 */
Test(tier_link, a_node_of_a_cluster_has_one_database)
{
    char url[64];
    struct client direct, client;
    struct instance node, server;
    instance_start(&node, INSTANCE_REDIS, OPTIONS("--cluster-enabled", "yes"));
    cr_assert(client_open_tcp(&direct, node.port));
    expect(&direct, "CLUSTER ADDSLOTSRANGE 0 16383", "OK");
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", node.port);
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url));
    cr_assert(client_open_tcp(&client, server.port));
    tier_wait_link(&client, "up");
    expect(&client, "SELECT 1", "(error) ERR SELECT is not allowed in cluster mode");
    expect(&client, "SELECT 0", "OK");
    tier_wait_reply(&client, "SET k v", "OK");
    expect(&client, "GET k", "\"v\"");
    expect(&client, "HSET h f v", "(integer) 1");
    cr_assert_eq(tier_count(&client, "nearcache_reconnects"), 0);
    client_close(&client);
    client_close(&direct);
    instance_stop(&server);
    instance_stop(&node);
}

/* Every connection but the first is let in and never answered. */
static const char *answers_the_first_only(int connection, const struct slice *argv, size_t argc)
{
    if (odd_is(argv, argc, "HELLO", NULL)) return "%0\r\n";
    if (odd_is(argv, argc, "INFO", NULL)) return "$9\r\n# Nothing\r\n";
    if (connection > 0) return "";
    if (odd_is(argv, argc, "CLIENT", "TRACKING")) return "-ERR no\r\n";
    if (odd_is(argv, argc, "COMMAND", NULL)) return "*0\r\n";
    if (odd_is(argv, argc, "GET", NULL)) return "$1\r\nv\r\n";
    if (odd_is(argv, argc, "PTTL", NULL)) return ":-1\r\n";
    return "+OK\r\n";
}

static void open_in_front_of(struct odd_upstream *upstream, odd_rule rule)
{
    static char url[64];
    odd_upstream_start(upstream, rule, false);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", upstream->port);
    instance_start(&t.server, INSTANCE_NUTHATCH,
                   OPTIONS("--upstream", url, "--upstream-timeout", "400", "--upstream-heartbeat", "100"));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
}

/* A12 */
Test(tier_link, a_silent_connection_beside_the_link_is_an_error_and_leaves_nothing_behind)
{
    struct odd_upstream upstream;
    struct client other;
    open_in_front_of(&upstream, answers_the_first_only);
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&t.client, "HSET h f v", UNKNOWN);
    cr_assert(client_send_line(&other, "MULTI"));
    cr_assert(client_wait_closed(&other));
    expect(&t.client, "GET k", "\"v\""); /* the link stands */
    cr_assert_eq(tier_count(&t.client, "nearcache_queue_commands"), 0);
    cr_assert_eq(tier_count(&t.client, "nearcache_reconnects"), 0);
    client_close(&other);
    client_close(&t.client);
    instance_stop(&t.server);
    odd_upstream_stop(&upstream);
}

/* A12: the network forgets every connection; the kernel at the other end says nothing. */
Test(tier_link, what_is_swallowed_by_the_network_is_told_within_the_timeout)
{
    struct client other;
    open_behind_proxy(
        OPTIONS("--upstream-timeout", "400", "--upstream-heartbeat", "100", "--upstream-reconnect", "50"));
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&t.client, "HSET h f v", "(integer) 1");
    tcp_proxy_swallow(proxy, true);
    expect(&t.client, "HSET h f w", UNKNOWN);
    expect(&other, "SET k v", NO_LINK);
    tcp_proxy_swallow(proxy, false);
    tier_wait_link(&t.client, "up");
    tier_wait_reply(&t.client, "HSET h f w", "(integer) 0");
    cr_assert_eq(tier_count(&t.client, "nearcache_queue_commands"), 0);
    client_close(&other);
    tier_close(&t);
    tcp_proxy_stop(&proxy);
}

/* B22 */
Test(tier_link, a_reply_may_be_nested_as_deep_as_the_upstream_likes)
{
    struct buffer expected = { 0 };
    tier_open(&t, NULL);
    for (int i = 0; i < 201; i++) buffer_append(&expected, "*1\r\n", 4);
    expected.len -= 4;
    buffer_append(&expected, "*0\r\n", 4);
    cr_assert(client_send_line(&t.client, "EVAL \"local t = {} for i = 1, 200 do t = {t} end return t\" 0"));
    struct slice reply;
    cr_assert(client_read(&t.client, &reply));
    cr_expect(slice_equal(reply, buffer_slice(&expected)));
    expect(&t.client, "HSET h f v", "(integer) 1");
    cr_assert_eq(tier_count(&t.client, "nearcache_reconnects"), 0);
    buffer_clear(&expected);
    tier_close(&t);
}
