/*
 * The near cache: values of every type that are kept whole, and what is answered from them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/tier/tier.h"
#include "tests/e2e/tier/typed.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_typed, .timeout = 120);

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"

static struct tier_example t;

Test(tier_typed, a_hash_that_was_read_twice_is_answered_locally)
{
    tier_open(&t, NULL);
    expect(&t.direct, "HSET h f v g w", "(integer) 2");
    tier_expect_miss(&t.client, "HGET h f", "\"v\"");
    tier_expect_miss(&t.client, "HGET h g", "\"w\"");
    tier_wait_count(&t.client, "nearcache_typed_fills", 1);
    tier_expect_hit(&t.client, "HGET h f", "\"v\"");
    tier_expect_hit(&t.client, "HGET h none", "(nil)");
    tier_expect_hit(&t.client, "HLEN h", "(integer) 2");
    tier_expect_hit(&t.client, "HGETALL h", "1) \"f\"\n2) \"v\"\n3) \"g\"\n4) \"w\"");
    tier_expect_hit(&t.client, "TYPE h", "hash");
    tier_expect_hit(&t.client, "EXISTS h", "(integer) 1");
    cr_assert_eq(tier_count(&t.client, "nearcache_typed_hits"), 4);
    cr_assert_eq(tier_count(&t.client, "nearcache_fills"), 1);
    tier_close(&t);
}

/* The reply of the near cache, a local hit, is byte for byte the upstream's. */
static void expect_same(const char *line)
{
    struct buffer near = { 0 };
    int64_t hits = tier_count(&t.client, "nearcache_typed_hits");
    struct slice reply = client_ask(&t.client, line);
    buffer_append(&near, reply.data, reply.len);
    cr_assert_eq(tier_count(&t.client, "nearcache_typed_hits"), hits + 1, "%s was no hit", line);
    struct slice real = client_ask(&t.direct, line);
    cr_expect(slice_equal(buffer_slice(&near), real), "%s\nupstream: %.*s\nhere: %.*s", line, (int)real.len,
              real.data, (int)near.len, near.data);
    buffer_clear(&near);
}

struct reads {
    const char *make[4];
    const char *key;
    const char *lines[40];
};

static const struct reads all_reads[] = {
    { { "HSET k f v 12 -7 empty \"\" long \"0123456789012345678901234567890123456789\"" },
      "k",
      { "HGET k f", "HGET k none", "HMGET k f none 12 f", "HGETALL k", "HKEYS k", "HVALS k", "HLEN k",
        "HEXISTS k 12", "HEXISTS k none", "HSTRLEN k long", "HSTRLEN k none", "HSTRLEN k 12" } },
    { { "SADD k 1 2 3 -5 300 70000 9000000000" },
      "k",
      { "SISMEMBER k 300", "SISMEMBER k 4", "SISMEMBER k x", "SMISMEMBER k 1 4 -5", "SCARD k",
        "SMEMBERS k" } },
    { { "SADD k only" }, "k", { "SMEMBERS k", "SISMEMBER k only", "SCARD k" } },
    { { "RPUSH k a b 3 c \"\" b" },
      "k",
      { "LLEN k", "LRANGE k 0 -1", "LRANGE k 1 2", "LRANGE k 5 1", "LRANGE k -100 100", "LINDEX k 0",
        "LINDEX k -1", "LINDEX k 99", "LPOS k b", "LPOS k b RANK -1", "LPOS k b COUNT 0", "LPOS k none",
        "LPOS k none COUNT 0", "LPOS k b COUNT 1 MAXLEN 3", "LINDEX k x", "LPOS k b RANK 0" } },
    { { "ZADD k 1 a 2.5 b -inf low inf high 2.5 c 1e20 big 0.1 tenth" },
      "k",
      { "ZCARD k",
        "ZSCORE k b",
        "ZSCORE k low",
        "ZSCORE k none",
        "ZMSCORE k a none high",
        "ZRANK k b",
        "ZRANK k none",
        "ZREVRANK k low",
        "ZCOUNT k -inf +inf",
        "ZCOUNT k (1 2.5",
        "ZRANGE k 0 -1",
        "ZRANGE k 0 -1 WITHSCORES",
        "ZRANGE k 1 3 REV WITHSCORES",
        "ZRANGE k (1 3 BYSCORE",
        "ZRANGE k 1 +inf BYSCORE LIMIT 1 2 WITHSCORES",
        "ZRANGE k - + BYLEX LIMIT 0 2",
        "ZREVRANGE k 0 1 WITHSCORES",
        "ZRANGEBYSCORE k 1 3 WITHSCORES LIMIT 1 1",
        "ZREVRANGEBYSCORE k 3 1",
        "ZRANGE k 9 10",
        "ZCOUNT k x y" } },
    { { "ZADD k 0 a 0 b 0 c 0 d" },
      "k",
      { "ZLEXCOUNT k - +", "ZLEXCOUNT k [b (d", "ZRANGEBYLEX k [b + LIMIT 1 1", "ZREVRANGEBYLEX k + (a",
        "ZRANGE k (c [a BYLEX REV" } },
    { { "GEOADD k 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 2.3522 48.8566 Paris" },
      "k",
      { "GEOPOS k Palermo none", "GEOHASH k Paris Catania none", "GEODIST k Palermo Catania km",
        "GEODIST k Palermo none",
        "GEOSEARCH k FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHCOORD WITHDIST WITHHASH",
        "GEOSEARCH k FROMMEMBER Paris BYBOX 3000 3000 km DESC COUNT 2", "GEORADIUS_RO k 15 37 200 km ASC",
        "GEORADIUSBYMEMBER_RO k Palermo 200 km WITHDIST ASC", "ZCARD k", "ZSCORE k Paris" } },
    { { "XADD k 1-1 f v", "XADD k 1-2 f w g x", "XADD k 5-0 other y", "XADD k 7-7 f z" },
      "k",
      { "XLEN k", "XRANGE k - +", "XRANGE k 1-2 5 COUNT 1", "XRANGE k (1-1 +", "XREVRANGE k + -",
        "XREVRANGE k 5 (1-1 COUNT 1", "XRANGE k 8 9", "XRANGE k x y" } },
    { { "SET k foobar" },
      "k",
      { "GETBIT k 6", "GETBIT k 100", "BITCOUNT k", "BITCOUNT k 1 1", "BITCOUNT k 5 30 BIT", "BITPOS k 1",
        "BITPOS k 0 2", "BITPOS k 1 7 15 BIT", "BITFIELD_RO k GET u8 0 GET i5 #3", "GETBIT k -1" } },
    { { "PFADD k a b c d e f g", "PFCOUNT k" }, "k", { "PFCOUNT k", "GETBIT k 5", "BITCOUNT k" } },
};

static void play_all(void)
{
    for (size_t i = 0; i < sizeof all_reads / sizeof *all_reads; i++) {
        const struct reads *reads = &all_reads[i];
        expect(&t.direct, "FLUSHALL", "OK");
        for (size_t j = 0; j < 4 && reads->make[j] != NULL; j++) client_ask(&t.direct, reads->make[j]);
        typed_fetch(&t, reads->lines[0]);
        for (size_t j = 0; j < 40 && reads->lines[j] != NULL; j++) expect_same(reads->lines[j]);
    }
}

Test(tier_typed, every_read_of_a_copy_replies_as_the_upstream_does)
{
    tier_open(&t, NULL);
    play_all();
    client_ask(&t.client, "HELLO 3");
    client_ask(&t.direct, "HELLO 3");
    play_all();
    tier_close(&t);
}

Test(tier_typed, a_key_of_another_type_is_refused_locally)
{
    static const char *const lines[] = {
        "HGET k f",   "HGETALL k",    "SISMEMBER k a", "SMEMBERS k", "LLEN k",       "LRANGE k 0 -1",
        "ZSCORE k a", "ZRANGE k 0 1", "GEOPOS k a",    "XLEN k",     "XRANGE k - +", "GETBIT k 1",
        "BITCOUNT k", "PFCOUNT k",    "HLEN k",        "ZRANK k a",  "LPOS k a",     "BITFIELD_RO k GET u8 0",
    };
    static const char *const makes[] = { "HSET k f v", "SADD k a",     "RPUSH k a",
                                         "ZADD k 1 a", "XADD k * f v", "SET k text" };
    static const char *const reads[] = { "HLEN k", "SCARD k", "LLEN k", "ZCARD k", "XLEN k", "BITCOUNT k" };
    tier_open(&t, NULL);
    for (size_t i = 0; i < sizeof makes / sizeof *makes; i++) {
        expect(&t.direct, "FLUSHALL", "OK");
        client_ask(&t.direct, makes[i]);
        typed_fetch(&t, reads[i]);
        for (size_t j = 0; j < sizeof lines / sizeof *lines; j++) expect_same(lines[j]);
    }
    expect(&t.direct, "FLUSHALL", "OK");
    client_ask(&t.direct, "SADD k a");
    typed_fetch(&t, "SCARD k");
    tier_expect_hit(&t.client, "GET k", WRONG_TYPE);
    tier_expect_hit(&t.client, "MGET k", "1) (nil)");
    tier_close(&t);
}

Test(tier_typed, an_absent_key_is_known_to_be_absent_until_it_is_made)
{
    static const char *const lines[] = { "HGET k f",      "HGETALL k",    "SMEMBERS k", "SISMEMBER k a",
                                         "LRANGE k 0 -1", "LINDEX k 0",   "ZSCORE k a", "ZRANGE k 0 -1",
                                         "XRANGE k - +",  "XLEN k",       "GETBIT k 0", "BITCOUNT k",
                                         "PFCOUNT k",     "GEOPOS k a",   "LPOS k a",   "ZMSCORE k a b",
                                         "BITPOS k 0",    "GEODIST k a b" };
    tier_open(&t, NULL);
    tier_expect_miss(&t.client, "HGET k f", "(nil)");
    tier_expect_miss(&t.client, "HGET k f", "(nil)");
    tier_wait_count(&t.client, "nearcache_fills", 1);
    cr_assert_eq(tier_count(&t.client, "nearcache_typed_fills"), 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) expect_same(lines[i]);
    expect(&t.direct, "HSET k f v", "(integer) 1");
    tier_wait_reply(&t.client, "HGET k f", "\"v\"");
    tier_close(&t);
}

/* Of large values, which are hash tables and trees here and there, all is there. */
static void expect_large(const char *make, const char *read, const char *const *lines)
{
    expect(&t.direct, "FLUSHALL", "OK");
    client_ask(&t.direct, make);
    typed_fetch(&t, read);
    for (; *lines != NULL; lines++) expect_same(*lines);
}

#define TIMES(body) "EVAL \"for i = 1, 2000 do redis.call(" body ") end\" 0"

Test(tier_typed, large_values_are_kept_as_well)
{
    tier_open(&t, NULL);
    expect_large(TIMES("'hset', 'k', 'field' .. i, 'value' .. i * i"), "HLEN k",
                 (const char *const[]){ "HLEN k", "HMGET k field1 field2000 field777 none",
                                        "HGET k field1234", NULL });
    expect_large(TIMES("'sadd', 'k', 'member' .. i"), "SCARD k",
                 (const char *const[]){ "SCARD k", "SMISMEMBER k member1 member2000 none", NULL });
    expect_large(TIMES("'sadd', 'k', i * 3"), "SCARD k",
                 (const char *const[]){ "SCARD k", "SMISMEMBER k 3 6000 4", NULL });
    expect_large(
        TIMES("'rpush', 'k', 'element' .. i"), "LLEN k",
        (const char *const[]){ "LLEN k", "LRANGE k 0 -1", "LINDEX k 1000", "LPOS k element1500", NULL });
    expect_large(TIMES("'zadd', 'k', i / 7, 'member' .. i"), "ZCARD k",
                 (const char *const[]){ "ZCARD k", "ZRANGE k 0 -1 WITHSCORES", "ZRANK k member1000",
                                        "ZCOUNT k 10 20", NULL });
    expect_large(TIMES("'xadd', 'k', i .. '-1', 'f', 'value' .. i"), "XLEN k",
                 (const char *const[]){ "XLEN k", "XRANGE k - +", "XREVRANGE k + - COUNT 10", NULL });
    expect_large("SETBIT k 100000 1", "BITCOUNT k",
                 (const char *const[]){ "BITCOUNT k", "BITPOS k 1", "GETBIT k 100000", NULL });
    tier_close(&t);
}

/* Their replies follow from more than one value, from chance, or from how it is kept. */
Test(tier_typed, what_is_chance_a_cursor_or_of_several_keys_is_asked_upstream)
{
    tier_open(&t, NULL);
    client_ask(&t.direct, "HSET h f v");
    client_ask(&t.direct, "SADD s a");
    client_ask(&t.direct, "ZADD z 1 a");
    client_ask(&t.direct, "RPUSH l a");
    client_ask(&t.direct, "XADD x 1-1 f v");
    typed_fetch(&t, "HLEN h");
    typed_fetch(&t, "SCARD s");
    typed_fetch(&t, "ZCARD z");
    typed_fetch(&t, "LLEN l");
    typed_fetch(&t, "XLEN x");
    tier_expect_miss(&t.client, "HRANDFIELD h", "\"f\"");
    tier_expect_miss(&t.client, "SRANDMEMBER s", "\"a\"");
    tier_expect_miss(&t.client, "ZRANDMEMBER z", "\"a\"");
    tier_expect_miss(&t.client, "SINTER s s", "1) \"a\"");
    tier_expect_miss(&t.client, "SUNION s", "1) \"a\"");
    tier_expect_miss(&t.client, "ZDIFF 1 z", "1) \"a\"");
    tier_expect_miss(&t.client, "SORT l ALPHA", "1) \"a\"");
    tier_expect_miss(&t.client, "SORT_RO l ALPHA", "1) \"a\"");
    tier_expect_miss(&t.client, "HSCAN h 0", "1) \"0\"\n2) 1) \"f\"\n   2) \"v\"");
    tier_expect_miss(&t.client, "SSCAN s 0", "1) \"0\"\n2) 1) \"a\"");
    tier_expect_miss(&t.client, "ZSCAN z 0", "1) \"0\"\n2) 1) \"a\"\n   2) \"1\"");
    tier_expect_miss(&t.client, "OBJECT ENCODING h", "\"listpack\"");
    tier_expect_miss(&t.client, "XREAD STREAMS x 0",
                     "1) 1) \"x\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"v\"");
    tier_expect_hit(&t.client, "HGET h f", "\"v\"");
    tier_expect_hit(&t.client, "LRANGE l 0 -1", "1) \"a\"");
    tier_close(&t);
}

/* What is counted in a HyperLogLog is written into it, upstream alone. */
Test(tier_typed, counting_does_not_change_a_copy)
{
    tier_open(&t, NULL);
    expect(&t.client, "PFADD k a b c", "(integer) 1");
    typed_fetch(&t, "BITCOUNT k");
    tier_expect_hit(&t.client, "PFCOUNT k", "(integer) 3");
    expect_same("BITCOUNT k");
    tier_close(&t);
}

Test(tier_typed, databases_are_apart)
{
    tier_open(&t, NULL);
    expect(&t.direct, "HSET h f zero", "(integer) 1");
    expect(&t.direct, "SELECT 1", "OK");
    expect(&t.direct, "HSET h f one", "(integer) 1");
    typed_fetch(&t, "HGET h f");
    tier_expect_hit(&t.client, "HGET h f", "\"zero\"");
    expect(&t.client, "SELECT 1", "OK");
    tier_expect_miss(&t.client, "HGET h f", "\"one\"");
    typed_fetch(&t, "HGET h f");
    tier_expect_hit(&t.client, "HGET h f", "\"one\"");
    expect(&t.client, "SWAPDB 0 1", "OK");
    tier_expect_miss(&t.client, "HGET h f", "\"zero\"");
    expect(&t.client, "SELECT 0", "OK");
    tier_expect_miss(&t.client, "HGET h f", "\"one\"");
    tier_close(&t);
}

Test(tier_typed, nearcache_why_tells_of_them)
{
    tier_open(&t, NULL);
    expect(&t.direct, "HSET h f v", "(integer) 1");
    expect(&t.client, "HGET h f", "\"v\"");
    expect(&t.client, "NEARCACHE WHY h",
           "\"upstream: no local copy: read 1 times, and fetched whole after 2 (near-cache-fill-after)\"");
    expect(&t.client, "HGET h f", "\"v\"");
    tier_wait_count(&t.client, "nearcache_typed_fills", 1);
    expect_start(&t.client, "NEARCACHE WHY h", "\"local: there is a copy of the hash, for ");
    expect(&t.client, "NEARCACHE RESET", "OK");
    cr_assert_eq(tier_count(&t.client, "nearcache_typed_fills"), 0);
    expect(&t.client, "NEARCACHE FLUSH", "OK");
    tier_expect_miss(&t.client, "HGET h f", "\"v\"");
    tier_close(&t);
}
