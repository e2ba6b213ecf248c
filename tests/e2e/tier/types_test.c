/*
 * Through the near cache: values that are no strings, and strings that are changed bit by bit. This server
 * has commands for them of its own, and they go upstream all the same.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_types, .timeout = 60);

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
#define NO_LINK                                                                                              \
    "(error) MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this."

static struct tier_example t;

/* A copy is kept here of the string under `key`. */
static void keep_copy(const char *key)
{
    char line[64];
    snprintf(line, sizeof line, "SET %s text", key);
    expect(&t.client, line, "OK");
    snprintf(line, sizeof line, "GET %s", key);
    tier_expect_hit(&t.client, line, "\"text\"");
}

/* What `write` makes of a key, of which a copy is kept here, is no string: both clients see it from then on.
 */
static void expect_copy_goes(const char *key, const char *write, const char *reply)
{
    char line[64];
    snprintf(line, sizeof line, "GET %s", key);
    expect(&t.client, write, reply);
    expect(&t.client, line, WRONG_TYPE);
    expect(&t.direct, line, WRONG_TYPE);
}

/* The string `s` is refused by `line`, whether or not a copy of it is kept here. */
static void expect_string_refused(const char *line)
{
    expect(&t.client, line, WRONG_TYPE);
    tier_expect_hit(&t.client, "GET s", "\"text\"");
}

static void open_with_string(void)
{
    tier_open(&t, NULL);
    keep_copy("s");
}

Test(tier_types, hashes)
{
    open_with_string();
    expect(&t.direct, "HSET theirs f 1 g 2", "(integer) 2");
    expect(&t.client, "HGET theirs f", "\"1\"");
    expect(&t.client, "HMGET theirs g none", "1) \"2\"\n2) (nil)");
    expect(&t.client, "HSET ours f v", "(integer) 1");
    expect(&t.direct, "HGETALL ours", "1) \"f\"\n2) \"v\"");
    expect(&t.client, "HINCRBY theirs f 4", "(integer) 5");
    expect(&t.direct, "HDEL theirs f g", "(integer) 2");
    expect(&t.client, "EXISTS theirs", "(integer) 0");
    expect(&t.client, "TYPE ours", "hash");
    expect_string_refused("HSET s f v");
    expect(&t.client, "HSET ours", "(error) ERR wrong number of arguments for 'hset' command");
    expect(&t.client, "HSET ours f", "(error) ERR wrong number of arguments for 'hset' command");
    tier_close(&t);
}

Test(tier_types, sets)
{
    open_with_string();
    keep_copy("target");
    expect(&t.direct, "SADD theirs 1 2 3", "(integer) 3");
    expect(&t.client, "SCARD theirs", "(integer) 3");
    expect(&t.client, "SADD ours 2 3 4", "(integer) 3");
    expect(&t.direct, "SISMEMBER ours 4", "(integer) 1");
    expect(&t.client, "SINTERCARD 2 ours theirs", "(integer) 2");
    expect(&t.client, "SINTERCARD 3 ours theirs",
           "(error) ERR Number of keys can't be greater than number of args");
    expect_copy_goes("target", "SINTERSTORE target ours theirs", "(integer) 2");
    expect(&t.client, "SMEMBERS target", "1) \"2\"\n2) \"3\"");
    expect(&t.client, "SMOVE ours theirs 4", "(integer) 1");
    expect(&t.direct, "SCARD theirs", "(integer) 4");
    expect_string_refused("SADD s a");
    tier_close(&t);
}

Test(tier_types, lists)
{
    open_with_string();
    expect(&t.direct, "RPUSH theirs a b", "(integer) 2");
    expect(&t.client, "LRANGE theirs 0 -1", "1) \"a\"\n2) \"b\"");
    expect(&t.client, "LPUSH ours x", "(integer) 1");
    expect(&t.direct, "LINDEX ours 0", "\"x\"");
    expect(&t.client, "LMOVE theirs ours LEFT RIGHT", "\"a\"");
    expect(&t.direct, "LRANGE ours 0 -1", "1) \"x\"\n2) \"a\"");
    expect(&t.client, "LMPOP 2 none ours LEFT", "1) \"ours\"\n2) 1) \"x\"");
    expect_string_refused("LPUSH s a");
    tier_close(&t);
}

Test(tier_types, sorted_sets)
{
    open_with_string();
    keep_copy("target");
    expect(&t.direct, "ZADD theirs 1 a 2 b", "(integer) 2");
    expect(&t.client, "ZRANGE theirs 0 -1 WITHSCORES", "1) \"a\"\n2) \"1\"\n3) \"b\"\n4) \"2\"");
    expect(&t.client, "ZADD ours 1.5 b 7 c", "(integer) 2");
    expect(&t.direct, "ZRANK ours c", "(integer) 1");
    expect(&t.client, "ZUNION 2 ours theirs", "1) \"a\"\n2) \"b\"\n3) \"c\"");
    expect_copy_goes("target", "ZUNIONSTORE target 2 ours theirs WEIGHTS 1 2", "(integer) 3");
    expect(&t.client, "ZSCORE target b", "\"5.5\"");
    expect(&t.client, "ZMPOP 1 theirs MAX", "1) \"theirs\"\n2) 1) 1) \"b\"\n      2) \"2\"");
    expect_string_refused("ZADD s 1 a");
    tier_close(&t);
}

Test(tier_types, places_on_the_earth)
{
    open_with_string();
    keep_copy("target");
    expect(&t.direct, "GEOADD theirs 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "(integer) 2");
    expect(&t.client, "GEODIST theirs Palermo Catania", "\"166274.1516\"");
    expect(&t.client, "GEOSEARCH theirs FROMLONLAT 15 37 BYRADIUS 100 km", "1) \"Catania\"");
    expect_copy_goes("target", "GEORADIUS theirs 15 37 100 km STORE target", "(integer) 1");
    keep_copy("target");
    expect_copy_goes("target", "GEOSEARCHSTORE target theirs FROMLONLAT 15 37 BYRADIUS 200 km",
                     "(integer) 2");
    expect(&t.direct, "ZCARD target", "(integer) 2");
    expect_string_refused("GEOADD s 1 1 a");
    tier_close(&t);
}

Test(tier_types, bits_of_strings)
{
    open_with_string();
    expect(&t.client, "SETBIT s 7 1", "(integer) 0");
    expect(&t.client, "GET s", "\"uext\"");
    tier_expect_hit(&t.client, "GET s", "\"uext\"");
    expect(&t.direct, "SETBIT s 7 0", "(integer) 1");
    tier_wait_reply(&t.client, "GET s", "\"text\"");
    expect(&t.client, "BITCOUNT s", "(integer) 16");
    expect(&t.client, "BITFIELD s SET u8 0 65 GET u8 8", "1) (integer) 116\n2) (integer) 101");
    expect(&t.client, "GET s", "\"Aext\"");
    keep_copy("target");
    expect(&t.client, "BITOP NOT target s", "(integer) 4");
    expect(&t.client, "BITOP NOT target target", "(integer) 4");
    expect(&t.client, "GET target", "\"Aext\"");
    expect(&t.direct, "RPUSH l a", "(integer) 1");
    expect(&t.client, "GETBIT l 0", WRONG_TYPE);
    tier_close(&t);
}

Test(tier_types, estimates_of_how_many)
{
    open_with_string();
    expect(&t.direct, "PFADD theirs a b c", "(integer) 1");
    expect(&t.client, "PFCOUNT theirs", "(integer) 3");
    expect(&t.client, "PFADD ours c d", "(integer) 1");
    expect(&t.direct, "PFCOUNT ours theirs", "(integer) 4");
    keep_copy("target");
    expect(&t.client, "DEL target", "(integer) 1");
    expect(&t.client, "PFMERGE target ours theirs", "OK");
    expect_start(&t.client, "GET target", "\"HYLL");
    expect(&t.client, "PFCOUNT s", "(error) WRONGTYPE Key is not a valid HyperLogLog string value.");
    tier_close(&t);
}

Test(tier_types, streams)
{
    open_with_string();
    expect(&t.direct, "XADD theirs 1-1 f a", "\"1-1\"");
    expect(&t.client, "XRANGE theirs - +", "1) 1) \"1-1\"\n   2) 1) \"f\"\n      2) \"a\"");
    expect(&t.client, "XADD theirs 1-* f b", "\"1-2\"");
    expect(&t.client, "XADD none NOMKSTREAM * f v", "(nil)");
    expect(&t.direct, "XLEN theirs", "(integer) 2");
    expect(&t.client, "XADD theirs 1-1 f v",
           "(error) ERR The ID specified in XADD is equal or smaller than the target stream top item");
    expect(&t.client, "XREAD COUNT 1 STREAMS theirs 0",
           "1) 1) \"theirs\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"a\"");
    expect(&t.direct, "XADD theirs 2-1 f c", "\"2-1\"");
    tier_wait_reply(&t.client, "XLEN theirs", "(integer) 3");
    expect(&t.client, "XREVRANGE theirs + (1-2 COUNT 5", "1) 1) \"2-1\"\n   2) 1) \"f\"\n      2) \"c\"");
    expect(&t.client, "XDEL theirs 1-1", "(integer) 1");
    expect(&t.client, "XLEN theirs", "(integer) 2");
    expect(&t.client, "XTRIM theirs MAXLEN 1", "(integer) 1");
    expect(&t.client, "XRANGE theirs - +", "1) 1) \"2-1\"\n   2) 1) \"f\"\n      2) \"c\"");
    expect(&t.client, "XSETID theirs 9-9", "OK");
    expect(&t.direct, "XADD theirs 9-* f d", "\"9-10\"");
    expect(&t.client, "TYPE theirs", "stream");
    expect_string_refused("XADD s * f v");
    tier_close(&t);
}

Test(tier_types, groups_that_read_a_stream)
{
    open_with_string();
    expect(&t.client, "XGROUP CREATE st g $ MKSTREAM", "OK");
    expect(&t.direct, "XGROUP CREATE st g $", "(error) BUSYGROUP Consumer Group name already exists");
    expect(&t.direct, "XADD st 1-1 f a", "\"1-1\"");
    expect(&t.client, "XADD st 1-2 f b", "\"1-2\"");
    expect(&t.client, "XREADGROUP GROUP g one COUNT 1 STREAMS st >",
           "1) 1) \"st\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"a\"");
    expect(&t.direct, "XREADGROUP GROUP g two STREAMS st >",
           "1) 1) \"st\"\n   2) 1) 1) \"1-2\"\n         2) 1) \"f\"\n            2) \"b\"");
    expect(&t.client, "XREADGROUP GROUP g one STREAMS st >", "(nil)");
    expect(&t.client, "XPENDING st g",
           "1) (integer) 2\n2) \"1-1\"\n3) \"1-2\"\n"
           "4) 1) 1) \"one\"\n      2) \"1\"\n   2) 1) \"two\"\n      2) \"1\"");
    expect(&t.client, "XCLAIM st g one 0 1-2 JUSTID", "1) \"1-2\"");
    expect(&t.direct, "XAUTOCLAIM st g two 0 0 COUNT 1 JUSTID",
           "1) \"1-2\"\n2) 1) \"1-1\"\n3) (empty array)");
    expect(&t.client, "XACK st g 1-1 1-2 7-7", "(integer) 2");
    expect(&t.client, "XACK st g 1-1", "(integer) 0");
    expect(&t.client, "XGROUP DELCONSUMER st g one", "(integer) 0");
    expect(&t.client, "XGROUP DESTROY st g", "(integer) 1");
    expect(&t.client, "XREADGROUP GROUP g one STREAMS st >",
           "(error) NOGROUP No such key 'st' or consumer group 'g' in XREADGROUP with GROUP option");
    expect_string_refused("XGROUP CREATE s g 0");
    tier_close(&t);
}

Test(tier_types, sorting)
{
    open_with_string();
    keep_copy("target");
    expect(&t.direct, "RPUSH theirs 3 1 2", "(integer) 3");
    expect(&t.client, "SORT theirs", "1) \"1\"\n2) \"2\"\n3) \"3\"");
    expect(&t.client, "MSET w_1 9 w_2 8 w_3 7", "OK");
    expect(&t.client, "SORT_RO theirs BY w_* GET # GET w_*",
           "1) \"3\"\n2) \"7\"\n3) \"2\"\n4) \"8\"\n5) \"1\"\n6) \"9\"");
    expect_copy_goes("target", "SORT theirs DESC STORE target", "(integer) 3");
    expect(&t.client, "LINDEX target 0", "\"3\"");
    expect_string_refused("SORT s");
    tier_close(&t);
}

Test(tier_types, a_key_whose_type_changes_elsewhere)
{
    open_with_string();
    expect(&t.direct, "DEL s", "(integer) 1");
    expect(&t.direct, "HSET s f v", "(integer) 1");
    tier_wait_reply(&t.client, "GET s", WRONG_TYPE);
    expect(&t.client, "HGET s f", "\"v\"");
    expect(&t.client, "MGET s none", "1) (nil)\n2) (nil)");
    expect(&t.client, "STRLEN s", WRONG_TYPE);
    expect(&t.client, "TYPE s", "hash");
    expect(&t.client, "SET s text", "OK");
    tier_expect_hit(&t.client, "GET s", "\"text\"");
    expect(&t.client, "HGET s f", WRONG_TYPE);
    tier_close(&t);
}

/* Sent by a client that `with` then gives what it waits for. */
static void expect_waits(const char *blocking, const char *with, const char *reply, const char *got)
{
    struct client waiting;
    cr_assert(client_open_tcp(&waiting, t.server.port));
    cr_assert(client_send_line(&waiting, blocking));
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    for (;;) {
        struct slice info = client_ask(&t.direct, "INFO clients");
        if (memmem(info.data, info.len, "blocked_clients:1", strlen("blocked_clients:1")) != NULL) break;
        cr_assert(pace_now_ms() < end_ms, "%s does not wait", blocking);
        pace_sleep_ms(1);
    }
    expect(&t.client, with, reply);
    expect_next(&waiting, got);
    client_close(&waiting);
}

Test(tier_types, who_waits_waits_at_the_upstream)
{
    tier_open(&t, NULL);
    expect_waits("BLPOP l 0", "RPUSH l a", "(integer) 1", "1) \"l\"\n2) \"a\"");
    expect_waits("BLMOVE l m LEFT RIGHT 0", "LPUSH l b", "(integer) 1", "\"b\"");
    expect_waits("BLMPOP 0 2 k l RIGHT", "LMOVE m l LEFT LEFT", "\"b\"", "1) \"l\"\n2) 1) \"b\"");
    expect_waits("BZPOPMIN z 0", "ZADD z 1 a", "(integer) 1", "1) \"z\"\n2) \"a\"\n3) \"1\"");
    expect_waits("BZMPOP 0 1 z MAX", "ZADD z 2 b", "(integer) 1", "1) \"z\"\n2) 1) 1) \"b\"\n      2) \"2\"");
    expect_waits("XREAD BLOCK 0 STREAMS st $", "XADD st 1-1 f a", "\"1-1\"",
                 "1) 1) \"st\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"a\"");
    expect(&t.client, "XGROUP CREATE st g $", "OK");
    expect_waits("XREADGROUP GROUP g c BLOCK 0 STREAMS st >", "XADD st 1-2 f b", "\"1-2\"",
                 "1) 1) \"st\"\n   2) 1) 1) \"1-2\"\n         2) 1) \"f\"\n            2) \"b\"");
    expect_waits("XREADGROUP GROUP g c BLOCK 0 STREAMS st >", "DEL st", "(integer) 1",
                 "(error) UNBLOCKED the stream key no longer exists");
    tier_close(&t);
}

Test(tier_types, a_transaction_of_all_types)
{
    tier_open(&t, NULL);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "HSET h f v", "QUEUED");
    expect(&t.client, "SADD s a", "QUEUED");
    expect(&t.client, "LPUSH h a", "QUEUED");
    expect(&t.client, "ZADD z 1", "(error) ERR wrong number of arguments for 'zadd' command");
    expect_start(&t.client, "EXEC", "(error) EXECABORT");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "HSET h f v", "QUEUED");
    expect(&t.client, "LPUSH h a", "QUEUED");
    expect(&t.client, "EXEC", "1) (integer) 1\n2) " WRONG_TYPE);
    expect(&t.direct, "HGET h f", "\"v\"");
    tier_close(&t);
}

/* A plain cache of its own: of what it keeps copies of. */
Test(tier_types, without_a_link_they_are_refused)
{
    tier_open(&t, OPTIONS("--upstream-on-failure", "local", "--upstream-reconnect", "50"));
    expect(&t.client, "HSET h f v", "(integer) 1");
    client_close(&t.direct);
    child_signal(&t.redis.child, SIGKILL);
    cr_assert(child_wait(&t.redis.child, 5000));
    tier_wait_link(&t.client, "down");
    static const char *const lines[] = {
        "HGET h f",      "HSET h f v",     "SADD k a",     "SMEMBERS k", "LPUSH k a",
        "LRANGE k 0 -1", "ZADD k 1 a",     "ZCARD k",      "GEOPOS k a", "SETBIT k 0 1",
        "BITCOUNT k",    "PFADD k a",      "PFCOUNT k",    "SORT k",     "SORT_RO k",
        "ZUNION 1 k",    "LMPOP 1 k LEFT", "XADD k * f v", "XLEN k",     "XREAD STREAMS k 0",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) expect(&t.client, lines[i], NO_LINK);
    expect(&t.client, "SET k v", "OK");
    expect(&t.client, "TYPE k", "string");
    expect(&t.client, "DBSIZE", "(integer) 1");
    cr_assert(instance_restart(&t.redis));
    cr_assert(client_open_tcp(&t.direct, t.redis.port));
    tier_wait_link(&t.client, "up");
    expect(&t.client, "SADD k a", "(integer) 1");
    tier_close(&t);
}
