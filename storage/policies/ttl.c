#include "storage/evict/evictor.h"
#include "storage/evict/policy.h"
#include "storage/policies/pool.h"
#include "storage/policies/victim.h"
#include "storage/shard/shard_state.h"

static void use(struct shard *shard, struct database *database, struct table_slot *slot)
{
    shard_stamp(shard, database, table_slot_entry(slot));
}

static uint64_t nearness(const struct shard *shard, unsigned db, const struct table_slot *slot)
{
    int64_t deadline_ms = shard_slot_deadline_ms(&shard->databases[db], victim_hash(shard, slot), slot);
    return deadline_ms == ENTRY_NO_DEADLINE ? 0 : UINT64_MAX - (uint64_t)deadline_ms;
}

static bool evict(struct shard *shard, size_t need)
{
    (void)need;
    return pool_evict(shard, nearness);
}

const struct evict_policy evict_ttl = { .name = "ttl", .use = use, .evict = evict };
