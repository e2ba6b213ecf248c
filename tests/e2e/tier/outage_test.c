/*
 * The near cache without its upstream: lost, silent, restarted, another one.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

#define NO_LINK                                                                                              \
    "(error) MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this."
#define UNKNOWN                                                                                              \
    "(error) ERR The link with the upstream was lost: whether this command was executed is unknown."

TestSuite(tier_outage, .timeout = 120);

static struct tier_example t;

static void kill_redis(void)
{
    child_signal(&t.redis.child, SIGKILL);
    cr_assert(child_wait(&t.redis.child, 5000));
}

Test(tier_outage, without_a_link_nothing_is_answered)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    kill_redis();
    tier_wait_link(&t.client, "down");
    expect(&t.client, "GET k", NO_LINK);
    expect(&t.client, "SET k w", NO_LINK);
    expect(&t.client, "HGET h f", NO_LINK);
    expect(&t.client, "MULTI", NO_LINK);
    expect_start(&t.client, "PING", "(error) ERR Its transaction was refused");
    expect(&t.client, "DISCARD", "OK");
    expect(&t.client, "PING", "PONG");
    tier_close(&t);
}

Test(tier_outage, a_redis_that_comes_back_empty_is_seen_as_it_is)
{
    tier_open(&t, OPTIONS("--upstream-reconnect", "50"));
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    client_close(&t.direct);
    kill_redis();
    cr_assert(instance_restart(&t.redis));
    cr_assert(client_open_tcp(&t.direct, t.redis.port));
    tier_wait_count(&t.client, "nearcache_reconnects", 1);
    tier_wait_reply(&t.client, "GET k", "(nil)");
    expect(&t.client, "SET k w", "OK");
    expect(&t.direct, "GET k", "\"w\"");
    tier_close(&t);
}

Test(tier_outage, a_silent_upstream_ends_local_answers_after_the_heartbeat)
{
    tier_open(&t, OPTIONS("--upstream-heartbeat", "100", "--upstream-timeout", "600"));
    expect(&t.client, "SET k v", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    child_signal(&t.redis.child, SIGSTOP);
    pace_sleep_ms(150);
    cr_assert(tier_count(&t.client, "nearcache_fresh_for_ms") == 0);
    expect(&t.client, "GET k", NO_LINK); /* waits for upstream-timeout */
    child_signal(&t.redis.child, SIGCONT);
    tier_wait_link(&t.client, "up");
    expect(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_outage, a_write_of_unknown_outcome_says_so_and_is_not_sent_twice)
{
    tier_open(&t, OPTIONS("--upstream-timeout", "300", "--upstream-heartbeat", "100"));
    expect(&t.client, "SET n 0", "OK");
    child_signal(&t.redis.child, SIGSTOP);
    expect(&t.client, "INCR n", UNKNOWN);
    child_signal(&t.redis.child, SIGCONT);
    tier_wait_link(&t.client, "up");
    struct slice reply = client_ask(&t.client, "GET n");
    cr_assert(slice_equal(reply, SLICE("$1\r\n0\r\n")) || slice_equal(reply, SLICE("$1\r\n1\r\n")));
    expect(&t.client, "INCR n", reply.data[4] == '0' ? "(integer) 1" : "(integer) 2");
    tier_close(&t);
}

Test(tier_outage, stale_copies_are_served_for_as_long_as_is_allowed)
{
    tier_open_in_time(&t, OPTIONS("--upstream-on-failure", "serve-stale 1"));
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "SET other v", "OK");
    kill_redis();
    tier_wait_link(&t.client, "down");
    expect(&t.client, "GET k", "\"v\"");
    cr_assert(tier_count(&t.client, "nearcache_stale_hits") > 0);
    expect(&t.client, "GET unknown", NO_LINK);
    expect(&t.client, "SET k w", NO_LINK);
    expect(&t.client, "GET k", "\"v\"");
    tier_advance(&t, 1100);
    expect(&t.client, "GET k", NO_LINK);
    tier_close(&t);
}

Test(tier_outage, a_plain_cache_goes_on_and_is_emptied_when_the_link_returns)
{
    tier_open(&t, OPTIONS("--upstream-on-failure", "local", "--upstream-reconnect", "50"));
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET absent", "(nil)");
    client_close(&t.direct);
    kill_redis();
    tier_wait_link(&t.client, "down");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.client, "SET absent here", "OK");
    expect(&t.client, "GET absent", "\"here\"");
    expect(&t.client, "INCR n", "(integer) 1");
    expect(&t.client, "DBSIZE", "(integer) 3");
    expect(&t.client, "HSET h f v", NO_LINK);
    expect(&t.client, "PEXPIREAT n 99999999999998",
           "(integer) 1"); /* no copy's end: the key's, whatever it is */
    expect(&t.client, "PEXPIRETIME n", "(integer) 99999999999998");
    cr_assert(instance_restart(&t.redis));
    cr_assert(client_open_tcp(&t.direct, t.redis.port));
    tier_wait_link(&t.client, "up");
    expect(&t.client, "MGET k absent n", "1) (nil)\n2) (nil)\n3) (nil)");
    tier_close(&t);
}

Test(tier_outage, a_connection_that_the_upstream_kills_is_made_anew)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    for (int i = 0; i < 5; i++) {
        expect_start(&t.direct, "CLIENT KILL TYPE normal SKIPME yes", "(integer)");
        tier_wait_count(&t.client, "nearcache_reconnects", i + 1);
        tier_wait_link(&t.client, "up");
        expect(&t.client, "GET k", "\"v\"");
        expect(&t.direct, "SET k w", "OK");
        tier_wait_reply(&t.client, "GET k", "\"w\"");
        expect(&t.client, "SET k v", "OK");
    }
    tier_close(&t);
}

Test(tier_outage, a_client_in_a_transaction_is_closed_with_the_link)
{
    struct client other;
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&other, "MULTI", "OK");
    expect(&other, "SET k v", "QUEUED");
    kill_redis();
    cr_assert(client_wait_closed(&other));
    client_close(&other);
    tier_close(&t);
}

Test(tier_outage, a_server_starts_before_its_upstream)
{
    tier_open(&t, OPTIONS("--upstream-reconnect", "50"));
    client_close(&t.direct);
    kill_redis();
    tier_wait_link(&t.client, "down");
    cr_assert(instance_restart(&t.redis));
    cr_assert(client_open_tcp(&t.direct, t.redis.port));
    tier_wait_link(&t.client, "up");
    expect(&t.client, "SET k v", "OK");
    tier_close(&t);
}

Test(tier_outage, clients_wait_when_the_queue_is_full_and_hits_go_on)
{
    struct client writer;
    tier_open(&t, OPTIONS("--upstream-max-inflight", "10", "--upstream-timeout", "20000",
                          "--upstream-heartbeat", "20000"));
    cr_assert(client_open_tcp(&writer, t.server.port));
    /* More of a client are under way once its replies are known to be short. */
    for (int i = 0; i < 4; i++) expect(&writer, "SETBIT m 0 0", "(integer) 0");
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    child_signal(&t.redis.child, SIGSTOP);
    for (int i = 0; i < 1000; i++) cr_assert(client_send_line(&writer, "INCR n"));
    tier_wait_count(&t.client, "nearcache_queue_commands", 10);
    cr_assert(tier_count(&t.client, "nearcache_queue_commands") <= 10);
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    child_signal(&t.redis.child, SIGCONT);
    for (int i = 0; i < 1000; i++) {
        char text[32];
        snprintf(text, sizeof text, "(integer) %d", i + 1);
        expect_next(&writer, text);
    }
    client_close(&writer);
    tier_close(&t);
}

Test(tier_outage, passwords_are_used_and_never_shown)
{
    char url[128];
    tier_open(&t, NULL);
    client_close(&t.client);
    instance_stop(&t.server);
    expect(&t.direct, "CONFIG SET requirepass s3cret", "OK");
    snprintf(url, sizeof url, "redis://:s3cret@127.0.0.1:%d/3", t.redis.port);
    instance_start(&t.server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "SELECT 3", "OK");
    expect(&t.direct, "GET k", "\"v\"");
    snprintf(url, sizeof url, "1) \"upstream\"\n2) \"redis://:***@127.0.0.1:%d/3\"", t.redis.port);
    expect(&t.client, "CONFIG GET upstream", url);
    tier_close(&t);
}

Test(tier_outage, an_upstream_on_a_unix_socket_is_as_good)
{
    char url[300];
    tier_open(&t, NULL);
    client_close(&t.client);
    instance_stop(&t.server);
    snprintf(url, sizeof url, "unix:%s?db=2", t.redis.socket_path);
    instance_start(&t.server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "SELECT 2", "OK");
    expect(&t.direct, "GET k", "\"v\"");
    tier_close(&t);
}
