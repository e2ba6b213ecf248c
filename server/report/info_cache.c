#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/events/blocking/blocking.h"
#include "server/events/lease/leasing.h"
#include "server/events/walk/tally.h"
#include "server/events/walk/walk.h"
#include "server/observe/hot_keys.h"
#include "server/report/info.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"

static void count(struct buffer *out, const char *name, uint64_t value)
{
    info_field(out, name, "%llu", (unsigned long long)value);
}

static void requests(struct server *server, struct buffer *out)
{
    count(out, "cache_hits", TOTAL(server, cache_hits));
    count(out, "cache_stale", TOTAL(server, cache_stale));
    count(out, "cache_wins", TOTAL(server, cache_wins));
    count(out, "cache_early", TOTAL(server, cache_early));
    count(out, "cache_waits", TOTAL(server, cache_waits));
    count(out, "cache_timeouts", TOTAL(server, cache_timeouts));
    count(out, "cache_fills", TOTAL(server, cache_fills));
    count(out, "cache_refused", TOTAL(server, cache_refused));
    count(out, "cache_renewed", TOTAL(server, cache_renewed));
    count(out, "cache_released", TOTAL(server, cache_released));
}

static void bumped(struct server *server, struct buffer *out)
{
    struct bumps_stats stats = bumps_stats(keyspace_bumps(server->keyspace));
    count(out, "cache_bumps", stats.hard);
    count(out, "cache_soft_bumps", stats.soft);
    count(out, "cache_bumped_tags", stats.len);
    count(out, "cache_bumped_tags_bytes", stats.bytes);
    count(out, "cache_floor_rises", stats.floors);
}

static size_t dressed(const struct keyspace *keyspace)
{
    size_t sum = 0;
    DATABASE_SET_EACH(keyspace_used_databases(keyspace), db) sum += keyspace_dressed(keyspace, db);
    return sum;
}

static void walked(struct server *server, struct buffer *out)
{
    struct walk_stats stats = walk_stats(server->walk);
    int64_t age_ms = stats.ended_ms > 0 ? server_now_ms(server) - stats.ended_ms : -1;
    count(out, "cache_reaped", stats.reaped);
    count(out, "cache_walks", stats.rounds);
    count(out, "cache_walk_ms", stats.round_ms);
    info_field(out, "cache_walk_age_ms", "%lld", (long long)age_ms);
}

/* Of all keys, as CACHE TOP has them tallied; and of samples. Which keys they are is told by CACHE TOP, to
 * who may read them: INFO is asked by whoever collects figures, and names keys to nobody. */
static void tallied(struct server *server, struct buffer *out)
{
    struct tally_stats stats = tally_stats(server->tally);
    int64_t age_ms = stats.ended_ms > 0 ? server_now_ms(server) - stats.ended_ms : -1;
    struct hot_key hottest = { 0 };
    hot_keys_top(server->hot_keys, &hottest, 1);
    count(out, "cache_tallies", stats.rounds);
    count(out, "cache_tally_keys", stats.keys);
    count(out, "cache_tally_bytes", stats.bytes);
    count(out, "cache_tally_ms", stats.round_ms);
    info_field(out, "cache_tally_age_ms", "%lld", (long long)age_ms);
    count(out, "cache_largest_key_bytes", stats.largest);
    count(out, "cache_hottest_key_ops", hottest.count);
}

void info_cache(struct server *server, struct buffer *out)
{
    struct leasing_counts leases = leasing_counts(server->leasing);
    requests(server, out);
    count(out, "cache_leases", leases.held);
    count(out, "cache_lease_records", leases.leases);
    count(out, "cache_waiters", blocking_counts(server->blocking).for_leases);
    count(out, "cache_dressed_keys", dressed(server->keyspace));
    bumped(server, out);
    walked(server, out);
    tallied(server, out);
}
