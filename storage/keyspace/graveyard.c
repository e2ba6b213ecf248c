#include "storage/keyspace/graveyard.h"

#include "proto/base/alloc.h"
#include "storage/entry/entry_making.h"
#include "storage/evict/budget.h"
#include "storage/table/table.h"

struct graveyard {
    struct budget *budget;
    size_t bytes;          /* on the budget's account */
    struct table **tables; /* the last is dug next */
    size_t count;
};

struct graveyard *graveyard_create(struct budget *budget)
{
    struct graveyard *graveyard = ALLOC_NEW(struct graveyard);
    graveyard->budget = budget;
    return graveyard;
}

void graveyard_add(struct graveyard *graveyard, struct table *table, size_t bytes)
{
    graveyard->tables = alloc_resize(graveyard->tables, (graveyard->count + 1) * sizeof(*graveyard->tables));
    graveyard->tables[graveyard->count++] = table;
    graveyard->bytes += bytes;
    budget_bury(graveyard->budget, bytes);
}

static void bury(void *context, struct entry *entry)
{
    (void)context;
    entry_free(entry);
}

bool graveyard_dig(struct graveyard **graveyard, size_t steps)
{
    struct graveyard *g = *graveyard;
    if (g == NULL) return false;
    if (g->count > 0) {
        struct table **table = &g->tables[g->count - 1];
        if (table_drain(*table, steps, bury, NULL)) return true;
        table_destroy(table);
        if (--g->count > 0) return true;
    }
    budget_unbury(g->budget, g->bytes);
    alloc_free(g->tables);
    alloc_free(g);
    *graveyard = NULL;
    return false;
}

size_t graveyard_len(const struct graveyard *graveyard)
{
    size_t len = 0;
    for (size_t i = 0; graveyard != NULL && i < graveyard->count; i++) len += table_len(graveyard->tables[i]);
    return len;
}
