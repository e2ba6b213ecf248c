#include "storage/shard/shard.h"

#include "storage/entry/entry_layout.h"
#include "storage/memory/fetch.h"
#include "storage/shard/shard_state.h"
#include "storage/table/table.h"
#include "storage/types/blocks/value.h"

/* What is fetched of a small collection. */
#define SMALL_BYTES 256

void shard_prefetch_bucket(const struct shard *shard, unsigned db, uint64_t hash)
{
    const struct table *table = shard->databases[db].table;
    if (table != NULL) table_prefetch_bucket(table, hash);
}

void shard_prefetch_to_write(const struct shard *shard, unsigned db, uint64_t hash)
{
    const struct table *table = shard->databases[db].table;
    if (table != NULL) table_prefetch_to_write(table, hash);
}

bool shard_prefetch_entry(const struct shard *shard, unsigned db, uint64_t hash)
{
    const struct table *table = shard->databases[db].table;
    return table != NULL && table_prefetch_entry(table, hash);
}

void shard_prefetch_overflow(const struct shard *shard, unsigned db, uint64_t hash)
{
    const struct table *table = shard->databases[db].table;
    if (table != NULL) table_prefetch_overflow(table, hash);
}

static void fetch_value(const struct entry *entry)
{
    if (entry_is_rooted(entry) || (entry->kind & ENTRY_OUTSIDE))
        fetch_lines(entry_block(entry), SMALL_BYTES);
    else
        fetch_lines(entry_value(entry), entry->vlen < SMALL_BYTES ? entry->vlen : SMALL_BYTES);
}

bool shard_prefetch_members(const struct shard *shard, const struct shard_member *members, size_t count,
                            unsigned step)
{
    const struct table *table = shard->databases[members->db].table;
    const struct entry *entry = table != NULL ? table_guess(table, members->key_hash) : NULL;
    if (entry == NULL) return false;
    const struct value_type *type = entry_value_type(entry);
    if (type == NULL) return false;
    if (step == 0) fetch_value(entry);
    if (!entry_is_rooted(entry)) return false;
    if (step == 0) return true;
    const void *root = entry_root(entry);
    bool goes_on = false;
    for (size_t i = 0; i < count; i++) goes_on |= type->prefetch(root, members[i].member_hash, step - 1);
    return goes_on;
}
