#include <string.h>

#include "storage/entry/entry_making.h"
#include "storage/keyspace/shard.h"
#include "storage/keyspace/shard_state.h"
#include "storage/memory/compaction.h"

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

static size_t compact_stretch(struct shard *shard, struct database *database, enum compaction_need need)
{
    struct stretch stretch;
    size_t moved = 0;
    gather(database, &stretch);
    compaction_ask(&shard->compaction_cut, need, stretch.blocks, 2 * stretch.len, stretch.sparse);
    for (size_t i = 0; i < stretch.len; i++) {
        if (!stretch.sparse[2 * i] && !stretch.sparse[2 * i + 1]) continue;
        if (entry_type(table_slot_entry(stretch.slots[i])) != ENTRY_STRING) continue;
        moved += move_entry(stretch.slots[i], stretch.sparse[2 * i], stretch.sparse[2 * i + 1]);
    }
    return moved;
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
