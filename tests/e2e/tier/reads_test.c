/*
 * The near cache: what is answered locally, what is not, and how soon a change is seen.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/tier/tier.h"
#include "tests/e2e/tier/typed.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_reads, .timeout = 60);

static struct tier_example t;

Test(tier_reads, a_value_that_was_read_is_answered_locally)
{
    tier_open(&t, NULL);
    expect(&t.direct, "SET k v", "OK");
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    tier_expect_hit(&t.client, "STRLEN k", "(integer) 1");
    tier_expect_hit(&t.client, "EXISTS k", "(integer) 1");
    tier_expect_hit(&t.client, "GETRANGE k 0 0", "\"v\"");
    tier_expect_hit(&t.client, "TYPE k", "string");
    tier_close(&t);
}

Test(tier_reads, a_change_by_somebody_else_is_seen)
{
    tier_open(&t, NULL);
    for (int i = 0; i < 200; i++) {
        char line[64], text[64];
        snprintf(line, sizeof line, "SET k %d", i);
        snprintf(text, sizeof text, "\"%d\"", i);
        expect(&t.direct, line, "OK");
        tier_wait_reply(&t.client, "GET k", text);
    }
    cr_assert(tier_count(&t.client, "nearcache_invalidations") > 0);
    tier_close(&t);
}

Test(tier_reads, a_missing_key_is_remembered_until_somebody_creates_it)
{
    tier_open(&t, NULL);
    tier_expect_miss(&t.client, "GET k", "(nil)");
    tier_expect_hit(&t.client, "GET k", "(nil)");
    tier_expect_hit(&t.client, "EXISTS k", "(integer) 0");
    tier_expect_hit(&t.client, "TTL k", "(integer) -2");
    cr_assert(tier_count(&t.client, "nearcache_negative_hits") >= 3);
    expect(&t.direct, "SET k v", "OK");
    tier_wait_reply(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_reads, absence_is_not_remembered_where_that_is_switched_off)
{
    tier_open(&t, OPTIONS("--near-cache-negative-ttl", "0"));
    expect(&t.client, "GET k", "(nil)");
    tier_expect_miss(&t.client, "GET k", "(nil)");
    tier_close(&t);
}

Test(tier_reads, a_key_that_holds_no_string_is_asked_for_each_time)
{
    tier_open(&t, NULL);
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect(&t.client, "GET h", "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    tier_expect_miss(&t.client, "GET h",
                     "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    expect(&t.client, "MGET h", "1) (nil)");
    tier_expect_miss(&t.client, "EXISTS h", "(integer) 1");
    tier_expect_miss(&t.client, "TYPE h", "hash");
    tier_close(&t);
}

Test(tier_reads, mget_is_answered_locally_when_all_keys_are_known_and_as_a_whole_upstream_otherwise)
{
    tier_open(&t, NULL);
    expect(&t.direct, "MSET a 1 b 2 c 3", "OK");
    tier_expect_miss(&t.client, "MGET a b", "1) \"1\"\n2) \"2\"");
    tier_wait_count(&t.client, "nearcache_fills", 2);
    tier_expect_hit(&t.client, "MGET b a", "1) \"2\"\n2) \"1\"");
    tier_expect_miss(&t.client, "MGET a c", "1) \"1\"\n2) \"3\"");
    tier_expect_hit(&t.client, "GET a", "\"1\"");
    tier_close(&t);
}

Test(tier_reads, a_key_is_gone_at_its_deadline)
{
    tier_open_in_time(&t, NULL);
    expect(&t.direct, "DEBUG SET-ACTIVE-EXPIRE 0", "OK"); /* nothing is told of it */
    expect(&t.direct, "SET k v PX 300", "OK");
    expect(&t.client, "GET k", "\"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    tier_advance(&t, 301);
    expect(&t.client, "GET k", "(nil)");
    tier_close(&t);
}

Test(tier_reads, ttl_is_told_locally_when_the_deadline_is_the_keys_own)
{
    tier_open(&t, NULL);
    expect(&t.direct, "SET k v EX 100", "OK");
    expect(&t.direct, "SET e v", "OK");
    expect(&t.client, "MGET k e", "1) \"v\"\n2) \"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 2);
    tier_expect_hit(&t.client, "TTL k", "(integer) 100");
    tier_expect_hit(&t.client, "TTL e", "(integer) -1");
    tier_close(&t);
}

static const char *const ttl_readers[] = { "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME" };

/* Whatever its copy's end is: near-cache-max-ttl is not the key's. */
static void expect_endless(const char *key)
{
    char line[64];
    for (size_t i = 0; i < sizeof(ttl_readers) / sizeof(ttl_readers[0]); i++) {
        snprintf(line, sizeof(line), "%s %s", ttl_readers[i], key);
        tier_expect_hit(&t.client, line, "(integer) -1");
    }
}

/* Until there is a copy. */
static void keep(const char *key)
{
    char line[64];
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    snprintf(line, sizeof(line), "GET %s", key);
    for (int64_t hits = INT64_MIN; tier_count(&t.client, "nearcache_hits") != hits + 1;) {
        cr_assert(pace_now_ms() < end_ms, "%s is never kept", key);
        hits = tier_count(&t.client, "nearcache_hits");
        expect(&t.client, line, "\"v\"");
    }
}

Test(tier_reads, that_a_key_has_no_ttl_is_told_locally_and_costs_no_copy)
{
    tier_open(&t, NULL);
    expect(&t.direct, "SET read v", "OK");
    expect(&t.direct, "HSET h f v", "(integer) 1");
    expect(&t.client, "SET written v", "OK");
    keep("read");
    typed_fetch(&t, "HGET h f");
    expect_endless("read");
    expect_endless("written");
    expect_endless("h");
    tier_expect_hit(&t.client, "GET read", "\"v\"");
    tier_expect_hit(&t.client, "HGET h f", "\"v\"");
    client_ask(&t.client, "HELLO 3");
    expect_endless("h");
    tier_close(&t);
}

Test(tier_reads, a_ttl_given_or_taken_by_anybody_is_told_at_once)
{
    static const char *const givers[] = { "EXPIRE k 5000", "GETEX k EX 5000", "SET k v EX 5000",
                                          "EVAL \"return redis.call('EXPIRE', KEYS[1], 5000)\" 1 k" };
    static const char *const takers[] = { "PERSIST k", "GETEX k PERSIST", "SET k v", "GETSET k v" };
    tier_open(&t, NULL);
    expect(&t.direct, "SET k v", "OK");
    for (int i = 0; i < 8; i++) {
        struct client *who = i % 2 != 0 ? &t.client : &t.direct;
        keep("k");
        expect_endless("k");
        client_ask(who, givers[i / 2]);
        tier_wait_reply(&t.client, "TTL k", "(integer) 5000");
        keep("k");
        expect(&t.client, "SET k v KEEPTTL", "OK");
        expect(&t.client, "TTL k", "(integer) 5000");
        keep("k");
        tier_expect_miss(&t.client, "TTL k", "(integer) 5000");
        keep("k");
        client_ask(who, takers[i / 2]);
        tier_wait_reply(&t.client, "TTL k", "(integer) -1");
    }
    tier_close(&t);
}

Test(tier_reads, that_all_keys_exist_or_none_does_costs_no_copy)
{
    tier_open(&t, NULL);
    expect(&t.direct, "HSET h f v", "(integer) 1");
    expect(&t.direct, "RPUSH l a", "(integer) 1");
    typed_fetch(&t, "HGET h f");
    tier_expect_hit(&t.client, "HGET h f", "\"v\"");
    tier_expect_miss(&t.client, "EXISTS h l", "(integer) 2");
    tier_expect_hit(&t.client, "HGET h f", "\"v\"");
    expect(&t.client, "SET k v", "OK");
    tier_expect_miss(&t.client, "EXISTS k l", "(integer) 2");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    tier_expect_miss(&t.client, "EXISTS k nope", "(integer) 1"); /* which of them? */
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_reads, an_mget_of_many_keys_costs_no_copy)
{
    char line[512] = "MGET k n h none";
    const char *start = "*74\r\n$1\r\nv\r\n$2\r\n12\r\n$-1\r\n$-1\r\n";
    struct slice reply;
    tier_open(&t, NULL);
    expect(&t.direct, "HSET h f v", "(integer) 1");
    typed_fetch(&t, "HGET h f");
    expect(&t.client, "MSET k v n 12", "OK");
    expect(&t.client, "GET none", "(nil)");
    for (int i = 0; i < 70; i++) snprintf(line + strlen(line), sizeof(line) - strlen(line), " x%d", i);
    snprintf(line + strlen(line), sizeof(line) - strlen(line), "\r\n");
    cr_assert(client_send(&t.client, slice_of_cstr(line)));
    cr_assert(client_read(&t.client, &reply));
    cr_expect_eq(strncmp(reply.data, start, strlen(start)), 0);
    tier_expect_hit(&t.client, "MGET k n none", "1) \"v\"\n2) \"12\"\n3) (nil)");
    tier_expect_hit(&t.client, "HGET h f", "\"v\"");
    tier_close(&t);
}

Test(tier_reads, transactions_and_scripts_have_the_upstream_tell_a_ttl)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    expect_endless("k");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "EXPIRE k 5000", "QUEUED");
    expect(&t.client, "TTL k", "QUEUED");
    expect(&t.client, "EXEC", "1) (integer) 1\n2) (integer) 5000");
    expect(&t.client, "TTL k", "(integer) 5000");
    expect(&t.client, "EVAL \"return redis.call('TTL', KEYS[1])\" 1 k", "(integer) 5000");
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "EVAL \"redis.call('EXPIRE', 'k', 5000) return redis.call('TTL', 'k')\" 0",
           "(integer) 5000");
    expect(&t.client, "TTL k", "(integer) 5000");
    tier_close(&t);
}

Test(tier_reads, what_a_copy_knows_of_a_ttl_outlives_a_new_near_cache_max_ttl)
{
    tier_open(&t, NULL);
    expect(&t.direct, "MSET a v b v", "OK");
    expect(&t.direct, "SET long v EX 5000", "OK");
    keep("a");
    keep("long");
    expect(&t.client, "CONFIG SET near-cache-max-ttl 0", "OK");
    keep("b");
    expect_endless("a");
    expect_endless("b");
    tier_expect_miss(&t.client, "TTL long", "(integer) 5000");
    keep("long");
    tier_expect_hit(&t.client, "TTL long", "(integer) 5000");
    expect(&t.client, "CONFIG SET near-cache-max-ttl 300000", "OK");
    expect_endless("b");
    tier_expect_hit(&t.client, "TTL long", "(integer) 5000");
    tier_close(&t);
}

Test(tier_reads, a_key_about_to_end_is_not_kept)
{
    tier_open(&t, OPTIONS("--near-cache-min-ttl", "100000"));
    expect(&t.direct, "SET k v EX 10", "OK");
    expect(&t.client, "GET k", "\"v\"");
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_reads, a_copy_ends_at_near_cache_max_ttl)
{
    tier_open_in_time(&t, OPTIONS("--near-cache-max-ttl", "200"));
    expect(&t.direct, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    tier_advance(&t, 201);
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_reads, long_values_are_not_kept)
{
    tier_open(&t, OPTIONS("--near-cache-max-value", "4"));
    expect(&t.direct, "MSET short 1234 long 12345", "OK");
    expect(&t.client, "MGET short long", "1) \"1234\"\n2) \"12345\"");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    tier_expect_hit(&t.client, "GET short", "\"1234\"");
    tier_expect_miss(&t.client, "GET long", "\"12345\"");
    tier_close(&t);
}

Test(tier_reads, a_strict_key_is_never_answered_locally)
{
    tier_open(&t, OPTIONS("--near-cache-strict-prefix", "money: lock:"));
    expect(&t.client, "MSET money:1 10 other 1", "OK");
    expect(&t.client, "GET money:1", "\"10\"");
    tier_expect_miss(&t.client, "GET money:1", "\"10\"");
    tier_expect_hit(&t.client, "GET other", "\"1\"");
    tier_close(&t);
}

Test(tier_reads, only_keys_with_the_prefix_are_kept)
{
    tier_open(&t, OPTIONS("--near-cache-prefix", "user: item:"));
    expect(&t.client, "MSET user:1 a item:1 b else c", "OK");
    expect(&t.client, "GET else", "\"c\"");
    tier_expect_miss(&t.client, "GET else", "\"c\"");
    tier_expect_hit(&t.client, "GET user:1", "\"a\"");
    expect(&t.direct, "SET user:1 z", "OK");
    tier_wait_reply(&t.client, "GET user:1", "\"z\"");
    tier_close(&t);
}

Test(tier_reads, strict_mode_can_be_switched_on_while_it_runs)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.client, "CONFIG SET near-cache-mode strict", "OK");
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_reads, names_are_bytes_and_databases_are_apart)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET \"k\\x00\\r\\n\" v0", "OK");
    expect(&t.client, "SELECT 1", "OK");
    expect(&t.client, "GET \"k\\x00\\r\\n\"", "(nil)");
    expect(&t.client, "SET \"k\\x00\\r\\n\" v1", "OK");
    expect(&t.client, "GET \"k\\x00\\r\\n\"", "\"v1\"");
    expect(&t.client, "SELECT 0", "OK");
    expect(&t.client, "GET \"k\\x00\\r\\n\"", "\"v0\"");
    expect(&t.direct, "SELECT 1", "OK");
    expect(&t.direct, "GET \"k\\x00\\r\\n\"", "\"v1\"");
    tier_close(&t);
}

Test(tier_reads, a_flush_by_somebody_else_is_seen)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "FLUSHALL", "OK");
    tier_wait_reply(&t.client, "GET k", "(nil)");
    tier_close(&t);
}

Test(tier_reads, a_swap_of_databases_by_somebody_else_is_seen_within_seconds)
{
    tier_open(&t, NULL);
    expect(&t.direct, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    int64_t flushes = tier_count(&t.client, "nearcache_flushes");
    expect(&t.direct, "SWAPDB 0 1", "OK");
    tier_wait_count(&t.client, "nearcache_flushes", flushes + 1);
    expect(&t.client, "GET k", "(nil)");
    tier_close(&t);
}

Test(tier_reads, a_key_that_the_upstream_evicts_is_not_served)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "CONFIG SET maxmemory-policy allkeys-random", "OK");
    expect(&t.direct, "CONFIG SET maxmemory 1", "OK");
    expect(&t.direct, "SET other 1", "(error) OOM command not allowed when used memory > 'maxmemory'.");
    expect(&t.direct, "CONFIG SET maxmemory 0", "OK");
    tier_wait_reply(&t.client, "GET k", "(nil)");
    tier_close(&t);
}

Test(tier_reads, what_is_evicted_here_is_still_upstream)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "NEARCACHE FLUSH", "OK");
    tier_expect_miss(&t.client, "GET k", "\"v\"");
    expect(&t.client, "NEARCACHE FLUSH k*", "(integer) 1");
    expect(&t.client, "NEARCACHE WHY k",
           "\"upstream: no local copy: not read yet, changed, expired, evicted, or too long\"");
    expect(&t.direct, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_reads, null_is_written_in_the_protocol_of_each_client)
{
    tier_open(&t, NULL);
    expect_raw(&t.client, SLICE("MGET a b\r\n"), SLICE("*2\r\n$-1\r\n$-1\r\n"));
    expect_raw(&t.client, SLICE("GET a\r\n"), SLICE("$-1\r\n"));
    expect_raw(&t.client, SLICE("GET a\r\n"), SLICE("$-1\r\n"));
    expect_start(&t.client, "HELLO 3", "1# \"server\"");
    expect_raw(&t.client, SLICE("MGET c d\r\n"), SLICE("*2\r\n_\r\n_\r\n"));
    expect_raw(&t.client, SLICE("GET a\r\n"), SLICE("_\r\n"));
    tier_close(&t);
}

Test(tier_reads, hot_keys_are_touched_upstream)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.client, "GET k", "\"v\"");
    tier_wait_count(&t.client, "nearcache_touched", 1);
    tier_close(&t);
}

/* Many clients ask for one key while nothing is known of it. */
Test(tier_reads, reads_of_one_key_share_one_request)
{
    enum { CLIENTS = 50 };
    struct client clients[CLIENTS];
    tier_open(&t, OPTIONS("--upstream-heartbeat", "20000", "--upstream-timeout", "20000"));
    expect(&t.direct, "SET k v", "OK");
    for (int i = 0; i < CLIENTS; i++) {
        cr_assert(client_open_tcp(&clients[i], t.server.port));
        expect(&clients[i], "PING", "PONG");
    }
    kill(t.redis.child.pid, SIGSTOP);
    for (int i = 0; i < CLIENTS; i++) cr_assert(client_send_line(&clients[i], "GET k"));
    tier_wait_count(&t.client, "nearcache_coalesced", CLIENTS - 1);
    kill(t.redis.child.pid, SIGCONT);
    for (int i = 0; i < CLIENTS; i++) {
        expect_next(&clients[i], "\"v\"");
        client_close(&clients[i]);
    }
    tier_close(&t);
}

/* What is remembered of keys that do not exist is no key. */
Test(tier_reads, keys_that_are_known_to_be_absent_are_not_counted)
{
    tier_open(&t, NULL);
    expect(&t.client, "MSET k v j v", "OK");
    expect(&t.direct, "SET other v", "OK");
    for (int i = 0; i < 3; i++) expect(&t.client, i == 0 ? "GET a" : i == 1 ? "GET b" : "GET c", "(nil)");
    tier_expect_hit(&t.client, "GET a", "(nil)");
    expect_start(&t.client, "INFO keyspace", "\"# Keyspace\\r\\ndb0:keys=2,expires=2,");
    expect(&t.client, "DBSIZE", "(integer) 3");
    tier_close(&t);
}

Test(tier_reads, what_is_about_all_keys_is_asked_upstream)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "DEL k", "(integer) 1");
    expect(&t.direct, "SET other v", "OK");
    expect(&t.client, "DBSIZE", "(integer) 1");
    expect(&t.client, "KEYS *", "1) \"other\"");
    expect(&t.client, "RANDOMKEY", "\"other\"");
    expect(&t.client, "SCAN 0", "1) \"0\"\n2) 1) \"other\"");
    expect(&t.client, "OBJECT ENCODING other", "\"embstr\"");
    tier_close(&t);
}

Test(tier_reads, a_flood_of_changes_leaves_nothing_old)
{
    /* On a slow machine the script takes longer than the upstream may be silent. */
    tier_open(&t, OPTIONS("--upstream-timeout", "60000"));
    expect(&t.client, "SET last old", "OK");
    tier_expect_hit(&t.client, "GET last", "\"old\"");
    expect(
        &t.direct,
        "EVAL \"for i=1,100000 do redis.call('SET','flood:'..i,'v') end redis.call('SET','last','new')\" 0",
        "(nil)");
    tier_wait_reply(&t.client, "GET last", "\"new\"");
    tier_wait_count(&t.client, "nearcache_invalidations", 100001);
    tier_close(&t);
}

Test(tier_reads, counts_are_told_and_begin_anew_on_request)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.client, "GET none", "(nil)");
    tier_expect_hit(&t.client, "GET none", "(nil)");
    cr_assert_gt(tier_count(&t.client, "nearcache_hits"), 0);
    cr_assert_gt(tier_count(&t.client, "nearcache_negative_hits"), 0);
    cr_assert_gt(tier_count(&t.client, "nearcache_misses"), 0);
    expect_start(&t.client, "NEARCACHE STATUS", "\"nearcache_enabled:1");
    expect(&t.client, "NEARCACHE RESET", "OK");
    cr_assert_eq(tier_count(&t.client, "nearcache_hits"), 0);
    cr_assert_eq(tier_count(&t.client, "nearcache_negative_hits"), 0);
    cr_assert_eq(tier_count(&t.client, "nearcache_misses"), 0);
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.client, "NEARCACHE RESET now",
           "(error) ERR wrong number of arguments for 'nearcache|reset' command");
    tier_close(&t);
}

/* B3: each of them is tracked, and none beside them is kept. */
Test(tier_reads, every_prefix_of_many_is_tracked)
{
    char line[64];
    struct buffer prefixes = { 0 };
    for (int i = 0; i < 300; i++) buffer_printf(&prefixes, "%sp%d:", i > 0 ? " " : "", i);
    buffer_append(&prefixes, "", 1);
    tier_open(&t, OPTIONS("--near-cache-tracking", "bcast", "--near-cache-prefix", prefixes.data));
    for (int i = 0; i < 300; i += 23) {
        snprintf(line, sizeof line, "SET p%d:k v", i);
        expect(&t.client, line, "OK");
        snprintf(line, sizeof line, "GET p%d:k", i);
        tier_expect_hit(&t.client, line, "\"v\"");
        snprintf(line, sizeof line, "SET p%d:k w", i);
        expect(&t.direct, line, "OK");
        snprintf(line, sizeof line, "GET p%d:k", i);
        tier_wait_reply(&t.client, line, "\"w\"");
    }
    expect(&t.client, "SET other v", "OK");
    tier_expect_miss(&t.client, "GET other", "\"v\"");
    tier_close(&t);
    buffer_clear(&prefixes);
}
