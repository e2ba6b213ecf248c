#include "storage/policies/pool.h"

#include <string.h>

#include "storage/evict/evictor.h"
#include "storage/memory/block.h"
#include "storage/policies/victim.h"
#include "storage/shard/shard_state.h"

#define POOL_MAX    128
#define SAMPLES_MAX 64
/* Slots that may be looked at for each sample wanted; beyond that the deadlines' own structure is asked. */
#define LOOKS_A_SAMPLE 16
/* Rounds of sampling before there is taken to be nothing. */
#define ROUNDS_MAX 64
/* Stamps are told apart within 2^31 ticks. */
#define REFERENCE_TICKS (UINT32_C(1) << 30)

struct candidate {
    uint64_t score;
    struct entry *entry; /* compared, not followed: it may be gone */
    uint32_t hash;
    uint32_t db;
};

struct pool {
    pool_score *score;
    uint32_t reference;
    uint32_t len;
    struct candidate items[POOL_MAX]; /* lowest score first */
};

uint32_t pool_reference(const struct pool *pool)
{
    return pool->reference;
}

static struct pool *pool_of(struct shard *shard, pool_score *score)
{
    uint32_t now = use_clock_now(&shard->evictor.clock, shard->now_ms);
    if (shard->evictor.pool == NULL) shard->evictor.pool = block_alloc_zeroed(sizeof(struct pool));
    struct pool *pool = shard->evictor.pool;
    if (pool->score == score && now - pool->reference < REFERENCE_TICKS) return pool;
    pool->score = score;
    pool->reference = now;
    pool->len = 0;
    return pool;
}

/* The place behind those that score no higher. */
static uint32_t place_of(const struct pool *pool, uint64_t score)
{
    uint32_t low = 0, high = pool->len;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (pool->items[middle].score <= score)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has(const struct pool *pool, uint32_t place, const struct candidate *candidate)
{
    while (place-- > 0 && pool->items[place].score == candidate->score)
        if (pool->items[place].entry == candidate->entry) return true;
    return false;
}

static void offer(struct pool *pool, const struct candidate *candidate)
{
    struct candidate *items = pool->items;
    uint32_t place = place_of(pool, candidate->score);
    if (pool->len == POOL_MAX && place == 0) return;
    if (has(pool, place, candidate)) return;
    if (pool->len < POOL_MAX) {
        memmove(items + place + 1, items + place, (pool->len - place) * sizeof *items);
        pool->len++;
    } else {
        place--;
        memmove(items, items + 1, place * sizeof *items);
    }
    items[place] = *candidate;
}

struct sampling {
    struct shard *shard;
    struct pool *pool;
    unsigned db;
    unsigned found;
};

static void consider(void *context, struct table_slot *slot)
{
    struct sampling *sampling = context;
    struct candidate candidate = {
        .score = sampling->pool->score(sampling->shard, sampling->db, slot),
        .entry = table_slot_entry(slot),
        .db = sampling->db,
    };
    sampling->found++;
    bool full = sampling->pool->len == POOL_MAX;
    if (full && candidate.score <= sampling->pool->items[0].score) return;
    candidate.hash = (uint32_t)victim_hash(sampling->shard, slot);
    offer(sampling->pool, &candidate);
}

/* True when an expired entry was met, and removed. */
static bool look_around(struct sampling *sampling, unsigned samples)
{
    struct shard *shard = sampling->shard;
    struct database *database = &shard->databases[sampling->db];
    for (unsigned looks = 0; looks < samples * LOOKS_A_SAMPLE && sampling->found < samples; looks++) {
        struct table_slot *slot = table_walk(database->table, &database->hand);
        if (slot == NULL) return false;
        if (!victim_may_take(shard, table_slot_entry(slot))) continue;
        if (victim_expire(shard, sampling->db, slot)) return true;
        consider(sampling, slot);
    }
    if (sampling->found == 0) shard_suspects(database, consider, sampling);
    return false;
}

static bool take_best(struct shard *shard, struct pool *pool)
{
    while (pool->len > 0) {
        const struct candidate *best = &pool->items[--pool->len];
        struct database *database = &shard->databases[best->db];
        if (database->table == NULL) continue;
        struct table_slot *slot = table_find_entry(database->table, best->hash, best->entry);
        if (slot == NULL || !victim_may_take(shard, best->entry)) continue;
        if (pool->score(shard, best->db, slot) < best->score) continue; /* used meanwhile */
        victim_take(shard, best->db, victim_hash(shard, slot), slot);
        return true;
    }
    return false;
}

bool pool_evict(struct shard *shard, pool_score *score)
{
    struct sampling sampling = { .shard = shard, .pool = pool_of(shard, score) };
    unsigned samples = atomic_load_explicit(&shard->budget->samples, memory_order_relaxed);
    if (samples > SAMPLES_MAX) samples = SAMPLES_MAX;
    for (unsigned rounds = 0; rounds < ROUNDS_MAX; rounds++) {
        if (!victim_database(shard, &sampling.db)) return false;
        sampling.found = 0;
        if (look_around(&sampling, samples) || take_best(shard, sampling.pool)) return true;
    }
    return false;
}
