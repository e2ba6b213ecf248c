#include "storage/shard/graveyard.h"

#include "proto/base/alloc.h"
#include "storage/dress/media_types.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry_making.h"
#include "storage/evict/budget.h"
#include "storage/table/table.h"

struct graveyard {
    struct budget *budget;
    struct media_types *types;
    size_t bytes;          /* on the budget's account */
    struct table **tables; /* the last is dug next */
    size_t table_count;
    struct entry **entries; /* those that are freed in steps, before any table */
    size_t entry_count;
};

struct graveyard *graveyard_create(struct budget *budget, struct media_types *types)
{
    struct graveyard *graveyard = ALLOC_NEW(struct graveyard);
    graveyard->budget = budget;
    graveyard->types = types;
    return graveyard;
}

static void account(struct graveyard *graveyard, size_t bytes)
{
    graveyard->bytes += bytes;
    budget_bury(graveyard->budget, bytes);
}

void graveyard_add(struct graveyard *graveyard, struct table *table, size_t bytes)
{
    graveyard->tables =
        alloc_resize(graveyard->tables, (graveyard->table_count + 1) * sizeof(*graveyard->tables));
    graveyard->tables[graveyard->table_count++] = table;
    account(graveyard, bytes);
}

static void keep_entry(struct graveyard *graveyard, struct entry *entry)
{
    graveyard->entries =
        alloc_resize(graveyard->entries, (graveyard->entry_count + 1) * sizeof(*graveyard->entries));
    graveyard->entries[graveyard->entry_count++] = entry;
}

void graveyard_add_entry(struct graveyard *graveyard, struct entry *entry, size_t bytes)
{
    keep_entry(graveyard, entry);
    account(graveyard, bytes);
}

static void bury(void *context, struct entry *entry)
{
    struct media_types *types = ((struct graveyard *)context)->types;
    if (types != NULL && entry_is_dressed(entry)) media_types_release(types, dress_type(entry));
    if (entry_drain(entry, GRAVEYARD_BLOCKS)) keep_entry(context, entry);
}

static bool has_more(const struct graveyard *graveyard)
{
    return graveyard->entry_count + graveyard->table_count > 0;
}

static void dig(struct graveyard *graveyard, size_t steps)
{
    if (graveyard->entry_count > 0) {
        struct entry *entry = graveyard->entries[graveyard->entry_count - 1];
        size_t blocks = steps < SIZE_MAX / GRAVEYARD_BLOCKS ? steps * GRAVEYARD_BLOCKS : SIZE_MAX;
        if (!entry_drain(entry, blocks)) graveyard->entry_count--;
    } else if (graveyard->table_count > 0) {
        struct table **table = &graveyard->tables[graveyard->table_count - 1];
        if (table_drain(*table, steps, bury, graveyard)) return;
        table_destroy(table);
        graveyard->table_count--;
    }
}

bool graveyard_dig(struct graveyard **graveyard, size_t steps)
{
    struct graveyard *g = *graveyard;
    if (g == NULL) return false;
    dig(g, steps);
    if (has_more(g)) return true;
    budget_unbury(g->budget, g->bytes);
    alloc_free(g->tables);
    alloc_free(g->entries);
    alloc_free(g);
    *graveyard = NULL;
    return false;
}

size_t graveyard_len(const struct graveyard *graveyard)
{
    if (graveyard == NULL) return 0;
    size_t len = graveyard->entry_count;
    for (size_t i = 0; i < graveyard->table_count; i++) len += table_len(graveyard->tables[i]);
    return len;
}
