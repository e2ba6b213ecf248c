#include "storage/evict/lfu.h"

#include "storage/evict/evictor.h"
#include "storage/evict/policy.h"
#include "storage/evict/pool.h"
#include "storage/shard_state.h"

#define COUNT_MAX    255
#define MINUTES_MASK 0xffffffu

static uint32_t idle_minutes(uint32_t word, int64_t now_ms)
{
    return ((uint32_t)(now_ms / 60000) - (word >> 8)) & MINUTES_MASK;
}

unsigned lfu_count(uint32_t word, int64_t now_ms, unsigned decay_minutes)
{
    unsigned count = word & 0xff;
    if (decay_minutes == 0) return count;
    uint32_t steps = idle_minutes(word, now_ms) / decay_minutes;
    return steps < count ? count - steps : 0;
}

unsigned lfu_count_after_use(unsigned count, unsigned log_factor, uint64_t random)
{
    if (count == COUNT_MAX) return count;
    uint64_t above_first = count > LFU_COUNT_FIRST ? count - LFU_COUNT_FIRST : 0;
    uint64_t one_in = above_first * log_factor + 1;
    return random < UINT64_MAX / one_in ? count + 1 : count;
}

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
    return (uint64_t)(COUNT_MAX - count_of(shard, entry)) << 24 |
           idle_minutes(entry_access(entry), shard->now_ms);
}

static bool evict(struct shard *shard, size_t need)
{
    (void)need;
    return pool_evict(shard, rarity);
}

const struct evict_policy evict_lfu = { .name = "lfu", .counts_uses = true, .use = use, .evict = evict };
