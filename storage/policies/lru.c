#include "storage/evict/evictor.h"
#include "storage/evict/policy.h"
#include "storage/policies/pool.h"
#include "storage/shard/shard_state.h"

static void use(struct shard *shard, struct database *database, struct table_slot *slot)
{
    shard_stamp(shard, database, table_slot_entry(slot));
}

/* Ticks before the reference, from the middle so that those behind it count as well. */
static uint64_t age(const struct shard *shard, unsigned db, const struct table_slot *slot)
{
    (void)db;
    uint32_t stamp = entry_access(table_slot_entry(slot));
    return (uint32_t)(pool_reference(shard->evictor.pool) - stamp + (UINT32_C(1) << 31));
}

static bool evict(struct shard *shard, size_t need)
{
    (void)need;
    return pool_evict(shard, age);
}

const struct evict_policy evict_lru = { .name = "lru", .use = use, .evict = evict };
