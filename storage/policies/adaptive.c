#include "storage/evict/adaptive.h"

#include <math.h>

#include "storage/entry/entry_layout.h"
#include "storage/evict/evictor.h"
#include "storage/evict/policy.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"
#include "storage/policies/victim.h"
#include "storage/shard/shard_state.h"
#include "storage/table/table_layout.h"

#define TARGET_FIRST 0.10 /* of the bytes of all entries */
#define TARGET_MIN   0.02
#define TARGET_MAX   0.90
#define TARGET_LEN   8 /* entries that the ring may hold in any case */
#define MEAN_SHIFT   (1.0 / 64)
/* Entries that one eviction may pass over before it takes the next one as it is: keeps it short when all are
 * in use. */
#define PASSES_MAX 128
/* Dead hashes in the ring, beyond as many as live ones, before new ones push them out. */
#define DEAD_MAX   512
#define EXCESS_MAX 8
/* Hashes ahead of the ring's tail whose buckets, and whose entries, are fetched. */
#define FETCH_BUCKETS 8
#define FETCH_ENTRIES 4

static struct adaptive *adaptive_of(struct database *database)
{
    if (database->adaptive == NULL) database->adaptive = block_alloc_zeroed(sizeof(struct adaptive));
    return database->adaptive;
}

static double mean_size(const struct database *database)
{
    size_t len = counter_get(&database->len);
    return len > 0 ? (double)database->entry_bytes / (double)len : 0;
}

/* How many times an entry of this size must be doubled to be as large as the mean, rounded; below 0 how often
 * halved. */
static int excess(const struct database *database, size_t bytes)
{
    double whole = (double)database->entry_bytes;
    double part = (double)bytes * (double)counter_get(&database->len);
    if (whole < part * M_SQRT2 && part < whole * M_SQRT2) return 0;
    int exponent;
    frexp(whole / part * M_SQRT2, &exponent);
    exponent--;
    return exponent > EXCESS_MAX ? EXCESS_MAX : exponent < -EXCESS_MAX ? -EXCESS_MAX : exponent;
}

static double move_mean(double mean, size_t bytes)
{
    return mean == 0 ? (double)bytes : mean + ((double)bytes - mean) * MEAN_SHIFT;
}

static void clamp_target(struct adaptive *adaptive, const struct database *database)
{
    double whole = (double)database->entry_bytes;
    if (adaptive->target_bytes == 0) adaptive->target_bytes = whole * TARGET_FIRST;
    double least = fmax(whole * TARGET_MIN, mean_size(database) * TARGET_LEN);
    double most = fmax(whole * TARGET_MAX, least);
    adaptive->target_bytes = fmin(fmax(adaptive->target_bytes, least), most);
}

/* A ghost came back. Where the other side's victims are smaller, room is dearer there, and less is moved. */
static void move_target(struct adaptive *adaptive, const struct database *database, bool from_ring)
{
    double ring = adaptive->ring_size > 0 ? adaptive->ring_size : 1;
    double main = adaptive->main_size > 0 ? adaptive->main_size : ring;
    double step = mean_size(database);
    if (from_ring)
        adaptive->target_bytes += step * fmin(1, main / ring);
    else
        adaptive->target_bytes -= step * fmin(1, ring / main);
    clamp_target(adaptive, database);
}

static void use(struct shard *shard, struct database *database, struct table_slot *slot)
{
    struct entry *entry = table_slot_entry(slot);
    shard_stamp(shard, database, entry);
    unsigned mark = slot_mark(slot);
    if ((mark & ADAPTIVE_COUNT) == ADAPTIVE_COUNT) return;
    int e = excess(database, entry_real_size(entry));
    if (e < 0 && !evictor_chance(&shard->evictor, -e)) return;
    slot_set_mark(slot, mark + 1);
}

static struct table_slot *find_in_ring(const struct shard *shard, const struct database *database,
                                       uint32_t hash)
{
    struct line *line = line_of(database->table, hash);
    struct table_slot *slot;
    for (size_t i = 0; (slot = bucket_slot(line, i)) != NULL; i++) {
        bool may_be = slot->word & ADAPTIVE_IN_RING && (slot->word >> SLOT_TAG_SHIFT & 15) == hash >> 28;
        if (may_be && (uint32_t)victim_hash(shard, slot) == hash) return slot;
    }
    return NULL;
}

static void move_to_main(struct adaptive *adaptive, struct table_slot *slot, unsigned count)
{
    adaptive_resized(adaptive, entry_real_size(table_slot_entry(slot)), 0);
    slot_set_mark(slot, count);
}

/* Keys that come and go without any being evicted leave their hashes behind; one that came again has two.
 * Then the oldest are pushed out, and who is still there by them goes on to main. */
static void push(struct shard *shard, struct database *database, struct adaptive *adaptive, uint64_t hash)
{
    ring_push(&adaptive->ring, (uint32_t)hash);
    for (int i = 0; i < 2 && adaptive->ring.len > 2 * adaptive->ring_len + DEAD_MAX; i++) {
        uint32_t oldest;
        if (!ring_pop(&adaptive->ring, &oldest) || database->table == NULL) return;
        struct table_slot *slot = find_in_ring(shard, database, oldest);
        if (slot != NULL) move_to_main(adaptive, slot, slot_mark(slot) & ADAPTIVE_COUNT);
    }
}

static unsigned add(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry)
{
    bool volatile_only = atomic_load_explicit(&shard->budget->volatile_only, memory_order_relaxed);
    if (volatile_only && !(entry->kind & ENTRY_TTL)) return 0;

    struct adaptive *adaptive = adaptive_of(database);
    bool from_ring = ghosts_take(&adaptive->ring_ghosts, hash);
    bool from_main = !from_ring && ghosts_take(&adaptive->main_ghosts, hash);
    if (from_ring || from_main) move_target(adaptive, database, from_ring);

    size_t bytes = entry_real_size(entry);
    int e = counter_get(&database->len) > 0 ? excess(database, bytes) : 0;
    bool returned = (from_ring || from_main) && evictor_chance(&shard->evictor, e < 0 ? -e : 0);
    push(shard, database, adaptive, hash);
    adaptive->ring_len++;
    adaptive->ring_bytes += bytes;
    return ADAPTIVE_IN_RING | (returned || e >= 1);
}

/* What one look did: nothing, met a hash whose entry is gone, freed memory, or found that there is none. */
enum step { STEP_ON, STEP_DEAD, STEP_FREED, STEP_NONE };

static void fetch_ahead(const struct database *database, const struct ring *ring)
{
    uint32_t hash;
    if (ring_peek(ring, FETCH_BUCKETS, &hash)) table_prefetch_bucket(database->table, hash);
    if (!ring_peek(ring, FETCH_ENTRIES, &hash)) return;
    const struct line *line = line_of(database->table, hash);
    for (size_t i = 0; i < LINE_SLOTS; i++) {
        uint64_t word = line->slots[i].word;
        if (word & ADAPTIVE_IN_RING && (word >> SLOT_TAG_SHIFT & 15) == hash >> 28)
            fetch_line(slot_entry(word));
    }
}

static void take(struct shard *shard, unsigned db, struct table_slot *slot, bool from_ring)
{
    struct database *database = &shard->databases[db];
    struct adaptive *adaptive = database->adaptive;
    uint64_t hash = victim_hash(shard, slot);
    size_t bytes = entry_real_size(table_slot_entry(slot));
    size_t len = counter_get(&database->len);
    double *mean = from_ring ? &adaptive->ring_size : &adaptive->main_size;
    *mean = move_mean(*mean, bytes);
    ghosts_fit(&adaptive->ring_ghosts, len);
    ghosts_fit(&adaptive->main_ghosts, len);
    ghosts_add(from_ring ? &adaptive->ring_ghosts : &adaptive->main_ghosts, hash);
    victim_take(shard, db, hash, slot);
}

static enum step step_ring(struct shard *shard, unsigned db, bool at_any_price)
{
    struct database *database = &shard->databases[db];
    struct adaptive *adaptive = database->adaptive;
    uint32_t hash;
    if (!ring_pop(&adaptive->ring, &hash)) return STEP_NONE;
    fetch_ahead(database, &adaptive->ring);
    struct table_slot *slot = find_in_ring(shard, database, hash);
    if (slot == NULL) return STEP_DEAD;

    if (victim_expire(shard, db, slot)) return STEP_FREED;
    bool used = slot_mark(slot) & ADAPTIVE_COUNT;
    if (!victim_may_take(shard, table_slot_entry(slot)) || (used && !at_any_price)) {
        move_to_main(adaptive, slot, 0);
        return STEP_ON;
    }
    take(shard, db, slot, true);
    return STEP_FREED;
}

static enum step step_main(struct shard *shard, unsigned db, bool at_any_price)
{
    struct database *database = &shard->databases[db];
    struct adaptive *adaptive = database->adaptive;
    struct table_slot *slot = table_walk(database->table, &adaptive->hand);
    if (slot == NULL) return STEP_NONE;
    unsigned mark = slot_mark(slot);
    const struct entry *entry = table_slot_entry(slot);
    if (mark & ADAPTIVE_IN_RING || !victim_may_take(shard, entry)) return STEP_ON;
    if (victim_expire(shard, db, slot)) return STEP_FREED;

    if (!at_any_price) {
        int e = excess(database, entry_real_size(entry));
        if (e > 0 && !evictor_chance(&shard->evictor, e)) return STEP_ON;
        if (mark > 0) {
            slot_set_mark(slot, mark - 1);
            return STEP_ON;
        }
    }
    /* Another entry takes the place of the one that goes, and must not be passed over for it. */
    adaptive->hand.slot--;
    take(shard, db, slot, false);
    return STEP_FREED;
}

static bool main_is_empty(const struct shard *shard, const struct database *database)
{
    bool volatile_only = atomic_load_explicit(&shard->budget->volatile_only, memory_order_relaxed);
    return counter_get(volatile_only ? &database->deadlines : &database->len) <= database->adaptive->ring_len;
}

/* Where there are few to be evicted among many: some of those with deadlines, without looking for them. */
struct rare {
    struct shard *shard;
    struct table_slot *slot;
};

static void pick_rare(void *context, struct table_slot *slot)
{
    ((struct rare *)context)->slot = slot;
}

static bool take_rare(struct shard *shard, unsigned db)
{
    struct rare rare = { .shard = shard };
    for (int i = 0; i < PASSES_MAX && rare.slot == NULL; i++)
        shard_suspects(&shard->databases[db], pick_rare, &rare);
    if (rare.slot == NULL) return false;
    take(shard, db, rare.slot, slot_mark(rare.slot) & ADAPTIVE_IN_RING);
    return true;
}

static bool evict_from(struct shard *shard, unsigned db, size_t need)
{
    struct database *database = &shard->databases[db];
    struct adaptive *adaptive = database->adaptive;
    for (unsigned steps = 0; steps < 3 * PASSES_MAX;) {
        bool any = steps >= PASSES_MAX;
        bool ring = (double)(adaptive->ring_bytes + need) > adaptive->target_bytes ||
                    main_is_empty(shard, database) || steps >= 2 * PASSES_MAX;
        ring = ring && adaptive->ring.len > 0;
        enum step step = ring ? step_ring(shard, db, any) : step_main(shard, db, any);
        if (step == STEP_FREED) return true;
        if (step == STEP_NONE) break;
        steps += step == STEP_ON;
    }
    return take_rare(shard, db);
}

static bool evict(struct shard *shard, size_t need)
{
    unsigned db;
    if (!victim_database(shard, &db)) return false;
    struct database *database = &shard->databases[db];
    clamp_target(adaptive_of(database), database);
    bool freed = evict_from(shard, db, need);
    shard_settle(shard, database);
    return freed;
}

const struct evict_policy evict_adaptive = { .name = "adaptive", .use = use, .add = add, .evict = evict };
