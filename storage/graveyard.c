#include "storage/shard.h"

#include "storage/block.h"
#include "storage/entry_making.h"
#include "storage/shard_state.h"

struct graveyard {
    struct table *table;
};

struct graveyard *graveyard_create(struct table *table)
{
    struct graveyard *graveyard = block_alloc(sizeof *graveyard);
    *graveyard = (struct graveyard){ .table = table };
    return graveyard;
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
    if (g->table != NULL) {
        if (table_drain(g->table, steps, bury, NULL)) return true;
        table_destroy(&g->table);
    }
    block_free(g, sizeof *g);
    *graveyard = NULL;
    return false;
}

size_t graveyard_len(const struct graveyard *graveyard)
{
    return graveyard == NULL || graveyard->table == NULL ? 0 : table_len(graveyard->table);
}
