#include <string.h>

#include "storage/entry/entry_making.h"
#include "storage/memory/compaction.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_state.h"
#include "storage/types/blocks/value.h"

/* An entry and its block are asked about together. */
#define ENTRIES_MAX (COMPACTION_BATCH / 2)

/* Entries of one stretch of the table, and their blocks beside them; an entry without one stands twice. */
struct stretch {
    struct table_slot *slots[ENTRIES_MAX];
    void *blocks[COMPACTION_BATCH];
    bool sparse[COMPACTION_BATCH];
    size_t len;
};

/* Long texts have pages of their own. */
static bool has_block_in_slab(const struct entry *entry)
{
    return entry->kind & ENTRY_OUTSIDE && entry->vlen != ENTRY_LONG_TEXT;
}

static void gather(struct database *database, struct stretch *stretch)
{
    size_t len = table_len(database->table);
    for (stretch->len = 0; stretch->len < ENTRIES_MAX && stretch->len < len; stretch->len++) {
        struct table_slot *slot = table_walk(database->table, &database->compaction_hand);
        struct entry *entry = table_slot_entry(slot);
        stretch->slots[stretch->len] = slot;
        stretch->blocks[2 * stretch->len] = entry;
        stretch->blocks[2 * stretch->len + 1] = has_block_in_slab(entry) ? entry_block(entry) : (char *)entry;
    }
}

static size_t move_entry(struct table_slot *slot, bool entry_is_sparse, bool block_is_sparse)
{
    struct entry *entry = table_slot_entry(slot);
    struct entry_shape shape = entry_shape_of(entry);
    size_t moved = 0;
    if (has_block_in_slab(entry) && block_is_sparse) {
        moved += shape.block_size;
        char *block = compaction_move(entry_block(entry), shape.block_size);
        memcpy(entry_value(entry), &block, sizeof block);
    }
    if (!entry_is_sparse) return moved;
    table_slot_set(slot, compaction_move(entry, shape.entry_size));
    return moved + shape.entry_size;
}

/* Larger blocks have pages of their own. */
#define SLAB_BLOCK_MAX ((size_t)14 << 10)

struct moving {
    struct shard *shard;
    enum compaction_need need;
    size_t bytes;
};

static void *move_if_sparse(void *context, void *block, size_t size)
{
    struct moving *moving = context;
    bool sparse = false;
    if (size <= SLAB_BLOCK_MAX)
        compaction_ask(&moving->shard->compaction_cut, moving->need, &block, 1, &sparse);
    if (!sparse) return block;
    moving->bytes += size;
    return compaction_move(block, size);
}

/* Go on where the last call stopped; done with that value, stay in none. */
static void compact_inside(struct database *database, struct moving *moving)
{
    struct compaction_stay *stay = &database->stay;
    struct table_slot *slot = table_find_entry(database->table, stay->hash, stay->entry);
    const struct entry *entry = slot != NULL ? table_slot_entry(slot) : NULL;
    if (entry == NULL || !entry_is_rooted(entry)) {
        stay->entry = NULL;
        return;
    }
    const struct value_mover mover = { move_if_sparse, moving };
    entry_value_type(entry)->compact(entry_root(entry), &stay->hand, COMPACTION_BATCH, &mover);
    if (stay->hand == 0) stay->entry = NULL;
}

static void enter_values(struct database *database, const struct stretch *stretch, struct moving *moving)
{
    for (size_t i = 0; i < stretch->len && database->stay.entry == NULL; i++) {
        const struct entry *entry = table_slot_entry(stretch->slots[i]);
        if (!entry_is_rooted(entry)) continue;
        uint64_t hash = key_hash(moving->shard->options.hash_seed, entry_layout_key(entry));
        database->stay = (struct compaction_stay){ .entry = entry, .hash = hash };
        compact_inside(database, moving);
    }
}

static size_t compact_stretch(struct shard *shard, struct database *database, enum compaction_need need)
{
    struct moving moving = { .shard = shard, .need = need };
    if (database->stay.entry != NULL) {
        compact_inside(database, &moving);
        return moving.bytes;
    }
    struct stretch stretch;
    size_t moved = 0;
    gather(database, &stretch);
    compaction_ask(&shard->compaction_cut, need, stretch.blocks, 2 * stretch.len, stretch.sparse);
    for (size_t i = 0; i < stretch.len; i++) {
        if (!stretch.sparse[2 * i] && !stretch.sparse[2 * i + 1]) continue;
        if (entry_type(table_slot_entry(stretch.slots[i])) == ENTRY_ABSENT) continue;
        moved += move_entry(stretch.slots[i], stretch.sparse[2 * i], stretch.sparse[2 * i + 1]);
    }
    enter_values(database, &stretch, &moving);
    return moved + moving.bytes;
}

size_t shard_compact(struct shard *shard, enum compaction_need need)
{
    unsigned first = database_set_next_round(shard->used, shard->compact_from);
    if (first == shard->options.databases) return 0;
    unsigned db = first;
    do {
        struct database *database = &shard->databases[db];
        shard->compact_from = db = database_set_next_round(shard->used, db + 1);
        if (counter_get(&database->len) > 0) return compact_stretch(shard, database, need);
    } while (db != first);
    return 0;
}
