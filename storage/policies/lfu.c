#include "storage/evict/lfu.h"

#include "storage/evict/evictor.h"
#include "storage/evict/policy.h"
#include "storage/policies/pool.h"
#include "storage/shard/shard_state.h"

static unsigned count_of(const struct shard *shard, const struct entry *entry)
{
    unsigned decay = atomic_load_explicit(&shard->budget->lfu_decay_minutes, memory_order_relaxed);
    return lfu_count(entry_access(entry), shard->now_ms, decay);
}

static void use(struct shard *shard, struct database *database, struct table_slot *slot)
{
    (void)database;
    struct entry *entry = table_slot_entry(slot);
    unsigned factor = atomic_load_explicit(&shard->budget->lfu_log_factor, memory_order_relaxed);
    unsigned count = lfu_count_after_use(count_of(shard, entry), factor, evictor_random(&shard->evictor));
    entry_set_access(entry, lfu_word(shard->now_ms, count));
}

/* Among equals the one whose count was last touched longest ago. */
static uint64_t rarity(const struct shard *shard, unsigned db, const struct table_slot *slot)
{
    (void)db;
    const struct entry *entry = table_slot_entry(slot);
    return (uint64_t)(LFU_COUNT_MAX - count_of(shard, entry)) << 24 |
           lfu_idle_minutes(entry_access(entry), shard->now_ms);
}

static bool evict(struct shard *shard, size_t need)
{
    (void)need;
    return pool_evict(shard, rarity);
}

const struct evict_policy evict_lfu = { .name = "lfu", .counts_uses = true, .use = use, .evict = evict };
