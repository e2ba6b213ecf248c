/*
 * Through the near cache: everything that the upstream knows and that has nothing to do with local copies.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_passage, .timeout = 60);

static struct tier_example t;

Test(tier_passage, commands_that_this_server_does_not_know_are_the_upstreams)
{
    tier_open(&t, NULL);
    expect(&t.client, "RPUSH l a b c", "(integer) 3");
    expect(&t.client, "LRANGE l 0 -1", "1) \"a\"\n2) \"b\"\n3) \"c\"");
    expect(&t.client, "ZADD z 1.5 a", "(integer) 1");
    expect_raw(&t.client, SLICE("ZSCORE z a\r\n"), SLICE("$3\r\n1.5\r\n"));
    expect(&t.client, "NOSUCH x", "(error) ERR unknown command 'NOSUCH', with args beginning with: 'x' ");
    expect(&t.client, "GET", "(error) ERR wrong number of arguments for 'get' command");
    expect(&t.client, "MSET a", "(error) ERR wrong number of arguments for 'mset' command");
    expect(&t.client, "DBSIZE", "(integer) 2");
    expect(&t.client, "OBJECT ENCODING l", "\"quicklist\"");
    expect_start(&t.client, "HELLO 3", "1# \"server\"");
    expect_raw(&t.client, SLICE("ZSCORE z a\r\n"), SLICE(",1.5\r\n"));
    expect_raw(&t.client, SLICE("HGETALL none\r\n"), SLICE("%0\r\n"));
    tier_close(&t);
}

Test(tier_passage, a_transaction_is_one)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET n 1", "OK");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "INCR n", "QUEUED");
    expect(&t.direct, "GET n", "\"1\"");
    expect(&t.client, "GET n", "QUEUED");
    expect(&t.client, "PING", "QUEUED");
    expect(&t.client, "EXEC", "1) (integer) 2\n2) \"2\"\n3) PONG");
    expect(&t.client, "GET n", "\"2\"");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SET n 9", "QUEUED");
    expect(&t.client, "DISCARD", "OK");
    expect(&t.client, "GET n", "\"2\"");
    expect(&t.client, "EXEC", "(error) ERR EXEC without MULTI");
    tier_close(&t);
}

Test(tier_passage, a_reset_with_an_argument_ends_no_transaction)
{
    tier_open(&t, NULL);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "RESET now", "(error) ERR wrong number of arguments for 'reset' command");
    expect(&t.client, "INCR n", "QUEUED");
    expect_start(&t.client, "EXEC", "(error) EXECABORT");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "RESET", "RESET");
    expect(&t.client, "INCR n", "(integer) 1");
    tier_close(&t);
}

Test(tier_passage, a_watched_key_that_changes_forbids_the_transaction)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET n 1", "OK");
    expect(&t.client, "WATCH n", "OK");
    expect(&t.client, "GET n", "\"1\"");
    expect(&t.direct, "SET n 5", "OK");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SET n 2", "QUEUED");
    expect(&t.client, "EXEC", "(nil)");
    expect(&t.client, "GET n", "\"5\"");
    expect(&t.client, "WATCH n", "OK");
    expect(&t.client, "UNWATCH", "OK");
    cr_assert(tier_count(&t.client, "nearcache_dedicated_connections") == 0);
    tier_close(&t);
}

Test(tier_passage, a_database_chosen_inside_a_transaction_stays_chosen)
{
    tier_open(&t, NULL);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SELECT 2", "QUEUED");
    expect(&t.client, "SET k v", "QUEUED");
    expect(&t.client, "EXEC", "1) OK\n2) OK");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.client, "SELECT 0", "OK");
    expect(&t.client, "GET k", "(nil)");
    tier_close(&t);
}

Test(tier_passage, a_subscriber_gets_its_messages)
{
    tier_open(&t, NULL);
    expect(&t.client, "SUBSCRIBE a b", "1) \"subscribe\"\n2) \"a\"\n3) (integer) 1");
    expect_next(&t.client, "1) \"subscribe\"\n2) \"b\"\n3) (integer) 2");
    expect(&t.direct, "PUBLISH b hello", "(integer) 1");
    expect_next(&t.client, "1) \"message\"\n2) \"b\"\n3) \"hello\"");
    expect_start(&t.client, "GET k", "(error) ERR Can't execute 'get'");
    expect(&t.client, "PING", "1) \"pong\"\n2) \"\"");
    expect(&t.client, "UNSUBSCRIBE b", "1) \"unsubscribe\"\n2) \"b\"\n3) (integer) 1");
    expect(&t.client, "UNSUBSCRIBE", "1) \"unsubscribe\"\n2) \"a\"\n3) (integer) 0");
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.client, "PSUBSCRIBE p*", "1) \"psubscribe\"\n2) \"p*\"\n3) (integer) 1");
    expect(&t.client, "RESET", "RESET");
    expect(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_passage, a_subscriber_of_resp3_runs_commands_meanwhile)
{
    tier_open(&t, NULL);
    expect_start(&t.client, "HELLO 3", "1# \"server\"");
    cr_assert(client_send(&t.client, SLICE("SUBSCRIBE a\r\nSET k v\r\nGET k\r\nPING\r\n")));
    struct slice reply;
    cr_assert(client_read(&t.client, &reply) && reply.data[0] == '>');
    expect_next(&t.client, "OK");
    expect_next(&t.client, "\"v\"");
    expect_next(&t.client, "PONG");
    expect(&t.direct, "PUBLISH a m", "(integer) 1");
    cr_assert(client_read(&t.client, &reply) && reply.data[0] == '>');
    tier_close(&t);
}

Test(tier_passage, a_command_that_waits_holds_up_nobody_else)
{
    struct client other;
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&other, t.server.port));
    cr_assert(client_send_line(&t.client, "BLPOP l 0"));
    cr_assert(client_send_line(&t.client, "GET k"));
    expect(&other, "RPUSH x 1", "(integer) 1");
    expect(&other, "SET k v", "OK");
    expect(&other, "RPUSH l 1", "(integer) 1");
    expect_next(&t.client, "1) \"l\"\n2) \"1\"");
    expect_next(&t.client, "\"v\"");
    expect(&t.client, "BLPOP l 0.01", "(nil)");
    client_close(&other);
    tier_close(&t);
}

static void wait_blocked(struct client *client, int count)
{
    char line[64];
    int64_t end_ms = pace_now_ms() + 5000 * PACE;
    snprintf(line, sizeof line, "blocked_clients:%d\r\n", count);
    for (;;) {
        struct slice info = client_ask(client, "INFO clients");
        if (memmem(info.data, info.len, line, strlen(line)) != NULL) return;
        cr_assert(pace_now_ms() < end_ms, "no %s", line);
        pace_sleep_ms(2);
    }
}

/* Otherwise the element would be given to nobody. */
Test(tier_passage, a_client_that_leaves_while_it_waits_takes_nothing)
{
    struct client leaver;
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&leaver, t.server.port));
    cr_assert(client_send_line(&leaver, "BLPOP l 0"));
    tier_wait_count(&t.client, "nearcache_dedicated_connections", 1);
    wait_blocked(&t.client, 1);
    client_close(&leaver);
    wait_blocked(&t.client, 0);
    while (tier_count(&t.client, "nearcache_dedicated_connections") > 0) pace_sleep_ms(1);
    expect(&t.client, "RPUSH l 1", "(integer) 1");
    expect(&t.client, "LLEN l", "(integer) 1");
    tier_close(&t);
}

Test(tier_passage, scripts_see_and_change_what_every_client_reads)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k 1", "OK");
    expect(&t.client, "GET k", "\"1\"");
    for (int i = 2; i < 200; i++) {
        char text[32];
        snprintf(text, sizeof text, "\"%d\"", i);
        expect_start(&t.client, "EVAL \"return redis.call('incr','k')\" 0", "(integer)");
        expect(&t.client, "GET k", text);
    }
    tier_close(&t);
}

Test(tier_passage, what_took_long_upstream_stands_in_the_slowlog)
{
    tier_open(&t, OPTIONS("--slowlog-log-slower-than", "0"));
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect(&t.client, "SET k v", "OK");
    struct slice log = client_ask(&t.client, "SLOWLOG GET 10");
    cr_assert(memmem(log.data, log.len, "HSET", 4) != NULL);
    cr_assert(memmem(log.data, log.len, "SET\r\n$1\r\nk\r", 11) != NULL);
    client_ask(&t.client, "ACL SETUSER somebody >secret");
    log = client_ask(&t.client, "SLOWLOG GET 10");
    cr_assert(memmem(log.data, log.len, "secret", 6) == NULL);
    tier_close(&t);
}

static void expect_words(const char *line, const char *words)
{
    struct slice reply = client_ask(&t.client, line);
    cr_assert(memmem(reply.data, reply.len, words, strlen(words)) != NULL, "no \"%s\" in %.*s", words,
              (int)reply.len, reply.data);
}

/* F9 */
Test(tier_passage, what_took_long_upstream_stands_in_the_latency_monitor)
{
    tier_open(&t, OPTIONS("--latency-monitor-threshold", "20"));
    expect_start(&t.client,
                 "EVAL \"local function us() local t = redis.call('TIME') return t[1] * 1000000 + t[2] end "
                 "local s = us() while us() - s < 40000 do end return 1\" 0",
                 "(integer) 1");
    expect_words("LATENCY LATEST", "$7\r\ncommand\r\n");
    expect_start(&t.client, "BLPOP nothing 0.05", "(nil");
    expect_words("LATENCY DOCTOR", "1. command: 1 spikes");
    tier_close(&t);
}

static void expect_told(struct client *monitor, const char *words)
{
    struct slice reply;
    cr_assert(client_read(monitor, &reply), "%s", words);
    cr_assert(memmem(reply.data, reply.len, words, strlen(words)) != NULL, "no %s in %.*s", words,
              (int)reply.len, reply.data);
}

/* F8 */
Test(tier_passage, a_monitor_is_told_of_scripts_and_subscriptions)
{
    struct client monitor, subscriber;
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&monitor, t.server.port));
    cr_assert(client_open_tcp(&subscriber, t.server.port));
    expect(&monitor, "MONITOR", "OK");
    expect(&t.client, "EVAL \"return 1\" 0", "(integer) 1");
    expect_told(&monitor, "[0 127.0.0.1");
    expect_start(&t.client, "EVALSHA abc 0", "(error) NOSCRIPT");
    expect_told(&monitor, "\"EVALSHA\" \"abc\" \"0\"");
    expect_start(&t.client, "FCALL nosuch 0", "(error)");
    expect_told(&monitor, "\"FCALL\" \"nosuch\" \"0\"");
    expect_start(&subscriber, "SUBSCRIBE c", "1) \"subscribe\"");
    expect_told(&monitor, "\"SUBSCRIBE\" \"c\"");
    expect_start(&subscriber, "UNSUBSCRIBE c", "1) \"unsubscribe\"");
    expect_told(&monitor, "\"UNSUBSCRIBE\" \"c\"");
    expect(&t.client, "SELECT 2", "OK");
    expect_told(&monitor, "[2 127.0.0.1");
    client_close(&subscriber);
    client_close(&monitor);
    tier_close(&t);
}

/* F7 */
Test(tier_passage, the_list_of_clients_tells_what_was_passed_on_last)
{
    struct client other;
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&other, t.server.port));
    expect_words("CLIENT LIST", " cmd=NULL ");
    expect(&other, "SELECT 4", "OK");
    expect(&other, "LPUSH l x", "(integer) 1");
    expect_words("CLIENT LIST", " cmd=lpush ");
    expect_start(&other, "OBJECT ENCODING l", "\"");
    expect_words("CLIENT LIST", " cmd=object|encoding ");
    expect_start(&other, "XINFO STREAM nosuch", "(error)");
    expect_words("CLIENT LIST", " cmd=xinfo|stream ");
    expect(&other, "CLIENT SETNAME me", "OK");
    expect_words("CLIENT LIST", " cmd=client|setname ");
    expect_start(&other, "SUBSCRIBE c", "1) \"subscribe\"");
    expect_words("CLIENT LIST", " cmd=subscribe ");
    client_close(&other);
    tier_close(&t);
}

Test(tier_passage, this_servers_own_commands_are_about_this_server)
{
    tier_open(&t, NULL);
    expect(&t.client, "CONFIG GET near-cache-mode", "1) \"near-cache-mode\"\n2) \"coherent\"");
    expect_start(&t.client, "INFO nearcache", "\"# Nearcache");
    expect(&t.client, "CLIENT SETNAME me", "OK");
    expect(&t.client, "CLIENT GETNAME", "\"me\"");
    expect(&t.client, "CLIENT TRACKING ON", "OK");
    expect(&t.client, "PSYNC ? -1", "(error) ERR 'PSYNC' cannot be used through a near cache");
    tier_close(&t);
}

Test(tier_passage, a_client_must_know_the_password_of_this_server)
{
    struct client other;
    tier_open(&t, NULL);
    expect(&t.client, "CONFIG SET requirepass secret", "OK");
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&other, "GET k", "(error) NOAUTH Authentication required.");
    expect(&other, "HSET h f v", "(error) NOAUTH Authentication required.");
    expect(&other, "MULTI", "(error) NOAUTH Authentication required.");
    /* F2 */
    expect(&other, "nosuch", "(error) ERR unknown command 'nosuch', with args beginning with: ");
    expect(&other, "AUTH secret", "OK");
    expect(&other, "HSET h f v", "(integer) 1");
    client_close(&other);
    tier_close(&t);
}

Test(tier_passage, a_pool_that_is_used_up_is_an_error_and_not_a_wait)
{
    struct client other;
    tier_open(&t, OPTIONS("--upstream-pool-size", "1"));
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&t.client, "MULTI", "OK");
    expect(&other, "MULTI",
           "(error) ERR Too many connections to the upstream are in use (upstream-pool-size)");
    expect(&t.client, "EXEC", "(empty array)");
    expect(&other, "MULTI", "OK");
    expect(&other, "EXEC", "(empty array)");
    client_close(&other);
    tier_close(&t);
}
