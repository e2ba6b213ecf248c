#include "storage/evict/evictor.h"
#include "storage/evict/policy.h"
#include "storage/evict/pool.h"
#include "storage/shard_state.h"

static void use(struct shard *shard, struct database *database, struct table_slot *slot)
{
    evictor_stamp(shard, database, table_slot_entry(slot));
}

static uint64_t all_alike(const struct shard *shard, const struct entry *entry)
{
    (void)shard;
    (void)entry;
    return 0;
}

/* The hand is thrown, not moved: from where it falls, whoever is met goes. */
static bool evict(struct shard *shard, size_t need)
{
    (void)need;
    unsigned db;
    if (!evictor_database(shard, &db)) return false;
    struct database *database = &shard->databases[db];
    database->hand = table_place(database->table, evictor_random(&shard->evictor));
    return pool_evict(shard, all_alike);
}

const struct evict_policy evict_random = { .name = "random", .use = use, .evict = evict };
