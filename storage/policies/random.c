#include "storage/evict/evictor.h"
#include "storage/evict/policy.h"
#include "storage/policies/victim.h"
#include "storage/shard/shard_state.h"

/* Who is met goes with a chance of one in eight: the hand goes round eight times before it has taken as many
 * as there are. Drawing places all over the table would cost a cache miss or more each, and drawing buckets
 * instead would drain some and fill others. */
#define CHANCE_HALVINGS 3
#define LOOKS_MAX       256

static void use(struct shard *shard, struct database *database, struct table_slot *slot)
{
    shard_stamp(shard, database, table_slot_entry(slot));
}

static struct table_slot *draw(struct shard *shard, struct database *database)
{
    struct table_slot *met = NULL;
    for (int looks = 0; looks < LOOKS_MAX; looks++) {
        struct table_slot *slot = table_walk(database->table, &database->hand);
        if (!victim_may_take(shard, table_slot_entry(slot))) continue;
        met = slot;
        if (evictor_chance(&shard->evictor, CHANCE_HALVINGS)) break;
    }
    return met;
}

static void keep(void *context, struct table_slot *slot)
{
    *(struct table_slot **)context = slot;
}

static bool evict(struct shard *shard, size_t need)
{
    (void)need;
    unsigned db;
    if (!victim_database(shard, &db)) return false;
    struct database *database = &shard->databases[db];
    struct table_slot *slot = draw(shard, database);
    if (slot == NULL) shard_suspects(database, keep, &slot);
    if (slot == NULL) return false;

    /* Another entry takes the place of the one that goes, and must not be passed over for it. */
    if (database->hand.slot > 0) database->hand.slot--;
    if (!victim_expire(shard, db, slot)) victim_take(shard, db, victim_hash(shard, slot), slot);
    return true;
}

const struct evict_policy evict_random = { .name = "random", .use = use, .evict = evict };
