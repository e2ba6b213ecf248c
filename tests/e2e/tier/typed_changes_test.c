/*
 * The near cache: how copies of values of every type end, and what is not kept of them.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/e2e/tier/typed.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_typed_changes, .timeout = 120);

#define NO_LINK                                                                                              \
    "(error) MASTERDOWN Link with the upstream is down and upstream-on-failure does not allow this."

static struct tier_example t;

/* A write, the read that shows it, and what that replies before and after. */
struct change {
    const char *make, *read, *before, *write, *after;
};

static const struct change changes[] = {
    { "HSET k f v", "HGET k f", "\"v\"", "HSET k f w", "\"w\"" },
    { "HSET k f v g w", "HLEN k", "(integer) 2", "HDEL k f", "(integer) 1" },
    { "HSET k f 1", "HVALS k", "1) \"1\"", "HINCRBY k f 4", "1) \"5\"" },
    { "SADD k a b", "SCARD k", "(integer) 2", "SREM k a", "(integer) 1" },
    { "SADD k a", "SISMEMBER k b", "(integer) 0", "SADD k b", "(integer) 1" },
    { "RPUSH k a b", "LLEN k", "(integer) 2", "LPOP k", "(integer) 1" },
    { "RPUSH k a b", "LRANGE k 0 -1", "1) \"a\"\n2) \"b\"", "LMOVE k other LEFT RIGHT", "1) \"b\"" },
    { "RPUSH k a b", "LINDEX k 0", "\"a\"", "LSET k 0 z", "\"z\"" },
    { "ZADD k 1 a", "ZSCORE k a", "\"1\"", "ZINCRBY k 2 a", "\"3\"" },
    { "ZADD k 1 a 2 b", "ZRANK k b", "(integer) 1", "ZPOPMIN k", "(integer) 0" },
    { "ZADD k 1 a", "ZCARD k", "(integer) 1", "GEOADD k 1 1 b", "(integer) 2" },
    { "XADD k 1-1 f v", "XLEN k", "(integer) 1", "XADD k 2-1 f v", "(integer) 2" },
    { "XADD k 1-1 f v", "XLEN k", "(integer) 1", "XTRIM k MAXLEN 0", "(integer) 0" },
    { "SETBIT k 1 1", "BITCOUNT k", "(integer) 1", "SETBIT k 2 1", "(integer) 2" },
    { "PFADD k a", "PFCOUNT k", "(integer) 1", "PFADD k b", "(integer) 2" },
    { "HSET k f v", "HGET k f", "\"v\"", "DEL k", "(nil)" },
    { "HSET k f v", "HGET k f", "\"v\"", "RENAME k other", "(nil)" },
    { "HSET k f v", "HGET k f", "\"v\"", "FLUSHALL", "(nil)" },
    { "HSET k f v", "HGET k f", "\"v\"", "EVAL \"return redis.call('hset', KEYS[1], 'f', 'w')\" 1 k",
      "\"w\"" },
    { "HSET k f v", "HGET k f", "\"v\"", "EVAL \"return redis.call('hset', 'k', 'f', 'w')\" 0", "\"w\"" },
    { "SADD k a", "SMEMBERS k", "1) \"a\"", "SUNIONSTORE k none", "(empty array)" },
    { "HSET k f v", "HLEN k", "(integer) 1", "SET k text",
      "(error) WRONGTYPE Operation against a key holding the wrong kind of value" },
};

static void prepare(const struct change *change)
{
    expect(&t.direct, "FLUSHALL", "OK");
    expect(&t.direct, "HSET other f v", "(integer) 1");
    if (strncmp(change->write, "LMOVE", 5) == 0) expect(&t.direct, "DEL other", "(integer) 1");
    client_ask(&t.direct, change->make);
    tier_wait_reply(&t.client, change->read, change->before);
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    for (int64_t hits = -1; tier_count(&t.client, "nearcache_typed_hits") != hits + 1;) {
        cr_assert(pace_now_ms() < end_ms, "%s is never a hit", change->read);
        hits = tier_count(&t.client, "nearcache_typed_hits");
        expect(&t.client, change->read, change->before);
    }
}

Test(tier_typed_changes, a_write_is_seen_by_whoever_reads_after_its_reply)
{
    struct client other;
    tier_open(&t, OPTIONS("--threads", "2"));
    cr_assert(client_open_tcp(&other, t.server.port));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        prepare(&changes[i]);
        client_ask(&t.client, changes[i].write);
        expect(&other, changes[i].read, changes[i].after);
        expect(&t.client, changes[i].read, changes[i].after);
    }
    client_close(&other);
    tier_close(&t);
}

Test(tier_typed_changes, a_write_by_somebody_else_is_seen_as_soon_as_that_is_told)
{
    tier_open(&t, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        prepare(&changes[i]);
        client_ask(&t.direct, changes[i].write);
        tier_wait_reply(&t.client, changes[i].read, changes[i].after);
    }
    tier_close(&t);
}

Test(tier_typed_changes, where_reads_are_tracked_it_is_the_same)
{
    tier_open(&t, OPTIONS("--near-cache-tracking", "default"));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        prepare(&changes[i]);
        client_ask(i % 2 == 0 ? &t.client : &t.direct, changes[i].write);
        tier_wait_reply(&t.client, changes[i].read, changes[i].after);
    }
    tier_close(&t);
}

/* While somebody else writes without a pause no read of ours is older than one before it. */
Test(tier_typed_changes, reads_never_go_back)
{
    tier_open(&t, NULL);
    int64_t seen = 0;
    for (int64_t i = 1; i <= 300; i++) {
        char line[64];
        snprintf(line, sizeof line, "HSET k version %lld", (long long)i);
        cr_assert(client_send_line(&t.direct, line));
        for (int j = 0; j < 8; j++) {
            struct slice reply = client_ask(&t.client, "HGET k version");
            if (reply.data[1] == '-') continue;
            int64_t version = strtoll((const char *)memchr(reply.data, '\n', reply.len) + 1, NULL, 10);
            cr_assert(version >= seen, "%lld after %lld", (long long)version, (long long)seen);
            seen = version;
        }
        struct slice reply;
        cr_assert(client_read(&t.direct, &reply));
    }
    cr_assert_gt(tier_count(&t.client, "nearcache_typed_hits"), 0);
    tier_close(&t);
}

Test(tier_typed_changes, a_transaction_reads_and_writes_upstream)
{
    tier_open(&t, NULL);
    expect(&t.direct, "HSET k f v", "(integer) 1");
    typed_fetch(&t, "HGET k f");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "HGET k f", "QUEUED");
    expect(&t.client, "HSET k f w", "QUEUED");
    expect(&t.client, "HGET k f", "QUEUED");
    expect(&t.client, "EXEC", "1) \"v\"\n2) (integer) 0\n3) \"w\"");
    expect(&t.client, "HGET k f", "\"w\"");
    expect(&t.client, "WATCH k", "OK");
    expect(&t.client, "HGET k f", "\"w\"");
    expect(&t.direct, "HSET k f x", "(integer) 0");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "HSET k f y", "QUEUED");
    expect(&t.client, "EXEC", "(nil)");
    expect(&t.client, "HGET k f", "\"x\"");
    tier_close(&t);
}

Test(tier_typed_changes, a_copy_ends_with_its_key)
{
    tier_open_in_time(&t, NULL);
    expect(&t.direct, "DEBUG SET-ACTIVE-EXPIRE 0", "OK"); /* nothing is told of it */
    expect(&t.direct, "HSET k f v", "(integer) 1");
    expect(&t.direct, "PEXPIRE k 400", "(integer) 1");
    typed_fetch(&t, "HGET k f");
    tier_expect_hit(&t.client, "HGET k f", "\"v\"");
    tier_advance(&t, 300);
    tier_expect_hit(&t.client, "HGET k f", "\"v\"");
    tier_advance(&t, 101);
    expect(&t.client, "HGET k f", "(nil)");
    tier_close(&t);
}

Test(tier_typed_changes, a_deadline_that_is_given_or_taken_is_seen)
{
    tier_open(&t, NULL);
    expect(&t.direct, "HSET k f v", "(integer) 1");
    typed_fetch(&t, "HGET k f");
    expect(&t.client, "EXPIRE k 100", "(integer) 1");
    expect(&t.client, "TTL k", "(integer) 100");
    typed_fetch(&t, "HGET k f");
    tier_expect_hit(&t.client, "TTL k", "(integer) 100");
    expect(&t.client, "PERSIST k", "(integer) 1");
    expect(&t.client, "TTL k", "(integer) -1");
    expect(&t.client, "HGET k f", "\"v\"");
    expect(&t.client, "PEXPIRE k 1", "(integer) 1");
    tier_wait_reply(&t.client, "HGET k f", "(nil)");
    tier_close(&t);
}

Test(tier_typed_changes, long_values_are_left_where_they_are)
{
    tier_open(&t, OPTIONS("--near-cache-max-value", "10kb"));
    expect_start(&t.direct, "EVAL \"for i = 1, 5000 do redis.call('hset', 'long', i, i .. 'value') end\" 0",
                 "(nil)");
    expect_start(&t.direct, "EVAL \"for i = 1, 100 do redis.call('hset', 'short', i, i .. 'value') end\" 0",
                 "(nil)");
    /* In memory short enough to be asked for, and then too long. */
    expect_start(&t.direct, "EVAL \"for i = 1, 900 do redis.call('rpush', 'list', redis.sha1hex(i)) end\" 0",
                 "(nil)");
    for (int i = 0; i < 6; i++) {
        tier_expect_miss(&t.client, "HGET long 7", "\"7value\"");
        tier_expect_miss(&t.client, "LLEN list", "(integer) 900");
    }
    typed_fetch(&t, "HGET short 7");
    tier_expect_hit(&t.client, "HGET short 8", "\"8value\"");
    tier_expect_miss(&t.client, "LLEN list", "(integer) 900");
    cr_assert_eq(tier_count(&t.client, "nearcache_typed_fills"), 1);
    expect_start(&t.client, "NEARCACHE WHY long", "\"upstream: no local copy: too long");
    tier_close(&t);
}

Test(tier_typed_changes, how_many_reads_it_takes_is_a_setting)
{
    tier_open(&t, OPTIONS("--near-cache-fill-after", "4"));
    expect(&t.direct, "HSET k f v", "(integer) 1");
    for (int i = 0; i < 4; i++) tier_expect_miss(&t.client, "HGET k f", "\"v\"");
    tier_wait_count(&t.client, "nearcache_typed_fills", 1);
    tier_expect_hit(&t.client, "HGET k f", "\"v\"");
    expect(&t.client, "CONFIG SET near-cache-fill-after 0", "OK");
    expect(&t.client, "HSET k f w", "(integer) 0");
    for (int i = 0; i < 10; i++) tier_expect_miss(&t.client, "HGET k f", "\"w\"");
    expect(&t.client, "CONFIG SET near-cache-fill-after 1", "OK");
    tier_expect_miss(&t.client, "HGET k f", "\"w\"");
    tier_wait_count(&t.client, "nearcache_typed_fills", 2);
    tier_expect_hit(&t.client, "HGET k f", "\"w\"");
    tier_close(&t);
}

Test(tier_typed_changes, only_keys_that_may_be_kept_are_fetched)
{
    tier_open(&t, OPTIONS("--near-cache-prefix", "user:", "--near-cache-strict-prefix", "user:lock:"));
    expect(&t.direct, "HSET user:1 f v", "(integer) 1");
    expect(&t.direct, "HSET user:lock:1 f v", "(integer) 1");
    expect(&t.direct, "HSET other f v", "(integer) 1");
    for (int i = 0; i < 5; i++) {
        tier_expect_miss(&t.client, "HGET user:lock:1 f", "\"v\"");
        tier_expect_miss(&t.client, "HGET other f", "\"v\"");
    }
    typed_fetch(&t, "HGET user:1 f");
    tier_expect_hit(&t.client, "HGET user:1 f", "\"v\"");
    expect(&t.client, "CONFIG SET near-cache-mode strict", "OK");
    tier_expect_miss(&t.client, "HGET user:1 f", "\"v\"");
    tier_close(&t);
}

/* Without DUMP values are asked for by the commands that tell all of them. */
static void expect_fetched_plainly(void)
{
    expect(&t.direct, "HSET h f v g w", "(integer) 2");
    expect(&t.direct, "SADD s a", "(integer) 1");
    expect(&t.direct, "RPUSH l a b", "(integer) 2");
    expect(&t.direct, "ZADD z 1.5 a -inf b", "(integer) 2");
    expect(&t.direct, "XADD x 1-1 f v", "\"1-1\"");
    expect(&t.direct, "SETBIT b 1 1", "(integer) 0");
    typed_fetch(&t, "HGET h f");
    typed_fetch(&t, "SCARD s");
    typed_fetch(&t, "LLEN l");
    typed_fetch(&t, "ZCARD z");
    typed_fetch(&t, "BITCOUNT b");
    tier_expect_hit(&t.client, "HMGET h f g", "1) \"v\"\n2) \"w\"");
    tier_expect_hit(&t.client, "SMEMBERS s", "1) \"a\"");
    tier_expect_hit(&t.client, "LRANGE l 0 -1", "1) \"a\"\n2) \"b\"");
    tier_expect_hit(&t.client, "ZRANGE z 0 -1 WITHSCORES", "1) \"b\"\n2) \"-inf\"\n3) \"a\"\n4) \"1.5\"");
    tier_expect_hit(&t.client, "GETBIT b 1", "(integer) 1");
    for (int i = 0; i < 5; i++) tier_expect_miss(&t.client, "XLEN x", "(integer) 1");
    expect(&t.direct, "HSET h f x", "(integer) 0");
    tier_wait_reply(&t.client, "HGET h f", "\"x\"");
}

Test(tier_typed_changes, where_dump_is_not_to_be_had_they_are_asked_for_plainly)
{
    tier_open_behind(&t, OPTIONS("--rename-command", "DUMP", ""), NULL);
    expect_fetched_plainly();
    tier_close(&t);
}

Test(tier_typed_changes, nor_memory_usage)
{
    tier_open_behind(&t, OPTIONS("--rename-command", "DUMP", "", "--rename-command", "MEMORY", ""), NULL);
    expect_fetched_plainly();
    tier_close(&t);
}

/* As a user that may read some hashes and nothing else, in the place of ours. */
static void open_as_user(const char *rights)
{
    char line[160], url[80];
    tier_open(&t, NULL);
    snprintf(line, sizeof line, "ACL SETUSER near on >secret %s", rights);
    expect(&t.direct, line, "OK");
    client_close(&t.client);
    instance_stop(&t.server);
    snprintf(url, sizeof url, "redis://near:secret@127.0.0.1:%d", t.redis.port);
    const char *options[] = { "--upstream", url, NULL };
    instance_start(&t.server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
    t.server.options = NULL;
}

Test(tier_typed_changes, a_user_who_may_not_dump_gets_copies_all_the_same)
{
    open_as_user("~* &* +@all -dump -memory");
    expect(&t.direct, "HSET k f v", "(integer) 1");
    typed_fetch(&t, "HGET k f");
    tier_expect_hit(&t.client, "HGET k f", "\"v\"");
    tier_close(&t);
}

Test(tier_typed_changes, a_user_who_may_not_read_gets_an_error_each_time)
{
    open_as_user("~mine* &* +@all -hget -dump -hgetall");
    expect(&t.direct, "HSET mine f v", "(integer) 1");
    expect(&t.direct, "HSET other f v", "(integer) 1");
    for (int i = 0; i < 4; i++) {
        expect_start(&t.client, "HGET mine f", "(error) NOPERM");
        expect_start(&t.client, "HLEN other", "(error) NOPERM");
        expect(&t.client, "HLEN mine", "(integer) 1");
    }
    cr_assert_eq(tier_count(&t.client, "nearcache_fills"), 0);
    tier_close(&t);
}

Test(tier_typed_changes, without_tracking_they_live_for_near_cache_max_ttl)
{
    tier_open_in_time(&t, OPTIONS("--near-cache-tracking", "ttl", "--near-cache-max-ttl", "5000"));
    expect(&t.direct, "HSET k f v", "(integer) 1");
    typed_fetch(&t, "HGET k f");
    expect(&t.direct, "HSET k f w", "(integer) 0");
    tier_expect_hit(&t.client, "HGET k f", "\"v\"");
    tier_advance(&t, 5001);
    expect(&t.client, "HGET k f", "\"w\"");
    typed_fetch(&t, "HLEN k");
    expect(&t.client, "HSET k f x", "(integer) 0"); /* an own write is seen at once */
    expect(&t.client, "HGET k f", "\"x\"");
    tier_close(&t);
}

static void lose_redis(void)
{
    client_close(&t.direct);
    child_signal(&t.redis.child, SIGKILL);
    cr_assert(child_wait(&t.redis.child, 5000));
    tier_wait_link(&t.client, "down");
}

static void bring_redis_back(void)
{
    cr_assert(instance_restart(&t.redis));
    cr_assert(client_open_tcp(&t.direct, t.redis.port));
    tier_wait_link(&t.client, "up");
}

Test(tier_typed_changes, without_a_link_they_are_not_served)
{
    tier_open(&t, OPTIONS("--upstream-reconnect", "50"));
    expect(&t.direct, "HSET k f v", "(integer) 1");
    typed_fetch(&t, "HGET k f");
    lose_redis();
    expect(&t.client, "HGET k f", NO_LINK);
    bring_redis_back();
    expect(&t.client, "HGET k f", "(nil)");
    tier_close(&t);
}

Test(tier_typed_changes, stale_ones_are_served_for_as_long_as_is_allowed)
{
    tier_open(&t, OPTIONS("--upstream-on-failure", "serve-stale 100", "--upstream-reconnect", "50"));
    expect(&t.direct, "HSET k f v", "(integer) 1");
    typed_fetch(&t, "HGET k f");
    lose_redis();
    expect(&t.client, "HGET k f", "\"v\"");
    expect(&t.client, "HGETALL k", "1) \"f\"\n2) \"v\"");
    expect(&t.client, "HGET other f", NO_LINK);
    cr_assert_geq(tier_count(&t.client, "nearcache_stale_hits"), 2);
    bring_redis_back();
    tier_wait_reply(&t.client, "HGET k f", "(nil)");
    tier_close(&t);
}

/* A Nuthatch in front of a Nuthatch, which tells of what it learns, and whose DUMP is as good. */
Test(tier_typed_changes, caches_may_stand_in_a_row)
{
    static const char *options[] = { "--upstream", NULL, NULL };
    struct instance second;
    struct client client;
    char url[64];
    tier_open(&t, NULL);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", t.server.port);
    options[1] = url;
    instance_start(&second, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, second.port));
    tier_wait_link(&client, "up");
    expect(&t.direct, "ZADD k 1 a", "(integer) 1");
    struct tier_example row = { .client = client };
    typed_fetch(&row, "ZSCORE k a");
    client = row.client;
    tier_expect_hit(&client, "ZRANK k a", "(integer) 0");
    expect(&t.direct, "ZADD k 5 a", "(integer) 0");
    tier_wait_reply(&client, "ZSCORE k a", "\"5\"");
    client_close(&client);
    instance_stop(&second);
    tier_close(&t);
}
