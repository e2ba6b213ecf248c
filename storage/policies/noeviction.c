#include "storage/evict/policy.h"
#include "storage/shard/shard_state.h"

static void use(struct shard *shard, struct database *database, struct table_slot *slot)
{
    shard_stamp(shard, database, table_slot_entry(slot));
}

static bool evict(struct shard *shard, size_t need)
{
    (void)shard;
    (void)need;
    return false;
}

const struct evict_policy evict_none = { .name = "noeviction", .use = use, .evict = evict };
