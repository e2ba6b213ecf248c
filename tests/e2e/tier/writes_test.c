/*
 * The near cache: what is written through it is upstream, and is what every client of it reads from then on.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_writes, .timeout = 60);

static struct tier_example t;

Test(tier_writes, a_value_that_was_written_is_upstream_and_answered_locally)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    expect(&t.direct, "GET k", "\"v\"");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.client, "MSET a 1 b 2", "OK");
    tier_expect_hit(&t.client, "MGET a b", "1) \"1\"\n2) \"2\"");
    expect(&t.client, "GETSET a 3", "\"1\"");
    tier_expect_hit(&t.client, "GET a", "\"3\"");
    expect(&t.client, "SETNX a 4", "(integer) 0");
    expect(&t.client, "GET a", "\"3\"");
    expect(&t.client, "SETNX n 4", "(integer) 1");
    tier_expect_hit(&t.client, "GET n", "\"4\"");
    tier_close(&t);
}

Test(tier_writes, a_counter_is_asked_for_after_it_was_counted_up)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET n 5 EX 100", "OK");
    expect(&t.client, "INCRBY n 3", "(integer) 8");
    tier_expect_miss(&t.client, "GET n", "\"8\"");
    tier_wait_count(&t.client, "nearcache_fills", 2);
    tier_expect_hit(&t.client, "GET n", "\"8\"");
    tier_expect_hit(&t.client, "TTL n", "(integer) 100");
    expect(&t.client, "INCRBYFLOAT n 0.5", "\"8.5\"");
    tier_expect_miss(&t.client, "GET n", "\"8.5\"");
    tier_close(&t);
}

Test(tier_writes, conditional_and_timed_sets_leave_what_the_upstream_has)
{
    tier_open_in_time(&t, NULL);
    expect(&t.client, "SET k v XX", "(nil)");
    expect(&t.client, "GET k", "(nil)");
    expect(&t.client, "SET k v NX", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.client, "SET k w NX", "(nil)");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.client, "SET k w PX 200", "OK");
    tier_expect_hit(&t.client, "GET k", "\"w\"");
    tier_advance(&t, 201);
    expect(&t.client, "GET k", "(nil)");
    expect(&t.client, "SET k x EX 100 GET", "(nil)");
    expect(&t.client, "SET k y KEEPTTL", "OK");
    expect(&t.client, "GET k", "\"y\"");
    expect(&t.client, "TTL k", "(integer) 100");
    expect(&t.client, "SET k z EX 0", "(error) ERR invalid expire time in 'set' command");
    expect(&t.client, "GET k", "\"y\"");
    tier_close(&t);
}

Test(tier_writes, what_other_writes_leave_is_asked_for)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k ab", "OK");
    expect(&t.client, "APPEND k cd", "(integer) 4");
    tier_expect_miss(&t.client, "GET k", "\"abcd\"");
    expect(&t.client, "SETRANGE k 1 x", "(integer) 4");
    expect(&t.client, "GET k", "\"axcd\"");
    expect(&t.client, "RENAME k j", "OK");
    expect(&t.client, "MGET k j", "1) (nil)\n2) \"axcd\"");
    expect(&t.client, "COPY j k", "(integer) 1");
    expect(&t.client, "GET k", "\"axcd\"");
    expect(&t.client, "GETDEL k", "\"axcd\"");
    expect(&t.client, "GET k", "(nil)");
    expect(&t.client, "EXPIRE j 100", "(integer) 1");
    expect(&t.client, "TTL j", "(integer) 100");
    expect(&t.client, "PERSIST j", "(integer) 1");
    expect(&t.client, "TTL j", "(integer) -1");
    expect(&t.client, "DEL j k", "(integer) 1");
    expect(&t.client, "GET j", "(nil)");
    tier_close(&t);
}

Test(tier_writes, a_deadline_that_slides_with_each_use_slides_upstream)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v EX 100", "OK");
    expect(&t.client, "GETEX k EX 200", "\"v\"");
    expect(&t.direct, "TTL k", "(integer) 200");
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    expect(&t.client, "GETEX k EX 300", "\"v\"");
    expect(&t.direct, "TTL k", "(integer) 300");
    expect(&t.client, "TTL k", "(integer) 300");
    expect(&t.client, "TOUCH k", "(integer) 1");
    tier_close(&t);
}

Test(tier_writes, a_value_written_over_by_somebody_else_in_the_same_moment_is_seen)
{
    tier_open(&t, NULL);
    for (int i = 0; i < 200; i++) {
        char line[64], text[64];
        snprintf(line, sizeof line, "SET k direct%d", i);
        snprintf(text, sizeof text, "\"direct%d\"", i);
        cr_assert(client_send_line(&t.client, "APPEND k x"));
        cr_assert(client_send_line(&t.client, "SET k mine"));
        expect(&t.direct, line, "OK");
        struct slice ignored;
        cr_assert(client_read(&t.client, &ignored) && client_read(&t.client, &ignored));
        expect(&t.direct, line, "OK");
        tier_wait_reply(&t.client, "GET k", text);
    }
    tier_close(&t);
}

Test(tier_writes, one_clients_pipeline_is_answered_in_its_order)
{
    tier_open(&t, NULL);
    struct buffer out = { 0 };
    for (int i = 0; i < 500; i++)
        buffer_printf(
            &out, "SET k%d %d\r\nGET k%d\r\nHSET h f %d\r\nGET k%d\r\nECHO %d\r\nINCR n\r\nGET nothing\r\n",
            i % 7, i, i % 7, i, i % 7, i);
    cr_assert(client_send(&t.client, buffer_slice(&out)));
    buffer_clear(&out);
    for (int i = 0; i < 500; i++) {
        char number[32], integer[32];
        snprintf(number, sizeof number, "\"%d\"", i);
        snprintf(integer, sizeof integer, "(integer) %d", i + 1);
        expect_next(&t.client, "OK");
        expect_next(&t.client, number);
        expect_next(&t.client, i == 0 ? "(integer) 1" : "(integer) 0");
        expect_next(&t.client, number);
        expect_next(&t.client, number);
        expect_next(&t.client, integer);
        expect_next(&t.client, "(nil)");
    }
    tier_close(&t);
}

Test(tier_writes, another_client_of_the_cache_reads_what_was_acknowledged)
{
    struct client other;
    tier_open(&t, OPTIONS("--threads", "2"));
    cr_assert(client_open_tcp(&other, t.server.port));
    for (int i = 0; i < 300; i++) {
        char line[64], text[64];
        snprintf(line, sizeof line,
                 i % 3 == 0   ? "SET k %d"
                 : i % 3 == 1 ? "EVAL \"return redis.call('set','k','%d')\" 0"
                              : "MSET k %d z 1",
                 i);
        snprintf(text, sizeof text, "\"%d\"", i);
        expect(&t.client, line, "OK");
        expect(&other, "GET k", text);
        expect(&t.client, "GET k", text);
    }
    client_close(&other);
    tier_close(&t);
}

Test(tier_writes, own_flushes_and_swaps_empty_the_cache)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "FLUSHDB", "OK");
    expect(&t.client, "GET k", "(nil)");
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "SWAPDB 0 1", "OK");
    expect(&t.client, "GET k", "(nil)");
    expect(&t.client, "SELECT 1", "OK");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.client, "FLUSHALL", "OK");
    expect(&t.client, "GET k", "(nil)");
    tier_close(&t);
}

Test(tier_writes, replies_that_a_client_does_not_want_are_kept_from_it)
{
    tier_open(&t, NULL);
    cr_assert(client_send(&t.client,
                          SLICE("CLIENT REPLY OFF\r\nSET k 1\r\nGET k\r\nHSET h f 1\r\n"
                                "CLIENT REPLY ON\r\nGET k\r\nCLIENT REPLY SKIP\r\nSET k 2\r\nGET k\r\n")));
    expect_next(&t.client, "OK");
    expect_next(&t.client, "\"1\"");
    expect_next(&t.client, "\"2\"");
    tier_close(&t);
}

Test(tier_writes, default_tracking_keeps_what_was_read_only)
{
    tier_open(&t, OPTIONS("--near-cache-tracking", "default"));
    expect(&t.client, "SET k v", "OK");
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "SET k w", "OK");
    tier_wait_reply(&t.client, "GET k", "\"w\"");
    expect(&t.client, "SET k x", "OK");
    expect(&t.client, "GET k", "\"x\"");
    expect(&t.direct, "SET k y", "OK");
    tier_wait_reply(&t.client, "GET k", "\"y\"");
    tier_close(&t);
}

Test(tier_writes, without_tracking_copies_live_for_a_fixed_time)
{
    tier_open(&t, OPTIONS("--near-cache-tracking", "ttl", "--near-cache-max-ttl", "300"));
    expect(&t.direct, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "SET k w", "OK");
    tier_wait_reply(&t.client, "GET k", "\"w\"");
    expect(&t.client, "GET absent", "(nil)");
    tier_expect_miss(&t.client, "GET absent", "(nil)");
    tier_close(&t);
}

Test(tier_writes, without_tracking_what_a_script_or_a_transaction_wrote_is_read)
{
    tier_open(&t, OPTIONS("--near-cache-tracking", "ttl"));
    expect(&t.client, "MSET k v h v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    expect(&t.client, "EVAL \"return redis.call('SET', 'k', 'w')\" 0", "OK");
    expect(&t.client, "GET k", "\"w\"");
    tier_wait_count(&t.client, "nearcache_fills", 2);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SET k x", "QUEUED");
    expect(&t.client, "EXEC", "1) OK");
    expect(&t.client, "GET k", "\"x\"");
    expect(&t.client, "GET h", "\"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 4);
    expect(&t.client, "SETBIT h 0 1", "(integer) 0");
    expect(&t.client, "GET h", "\"\\xf6\"");
    tier_expect_hit(&t.client, "GET k", "\"x\"");
    tier_close(&t);
}

Test(tier_writes, with_tracking_off_nothing_is_kept)
{
    tier_open(&t, OPTIONS("--near-cache-tracking", "off"));
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}
