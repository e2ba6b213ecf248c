#include "storage/shard/shard_name.h"

#include "storage/shard/shard_state.h"

bool shard_find_name(struct shard *shard, uint64_t hash, struct slice *name)
{
    DATABASE_SET_EACH(shard->used, db)
    {
        struct table *table = shard->databases[db].table;
        const struct entry *entry = table != NULL ? table_find_hash(table, hash) : NULL;
        if (entry == NULL) continue;
        *name = entry_key(entry);
        return true;
    }
    return false;
}
