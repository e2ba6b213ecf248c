#include "storage/keyspace/shard.h"

#include "storage/entry/entry_layout.h"
#include "storage/keyspace/shard_state.h"
#include "storage/table/table.h"
#include "storage/types/value.h"

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

static void fetch_bytes(const char *start, size_t len)
{
    for (size_t at = 0; at < len && at < SMALL_BYTES; at += 64) __builtin_prefetch(start + at);
}

static void fetch_value(const struct entry *entry)
{
    if (entry_is_rooted(entry) || (entry->kind & ENTRY_OUTSIDE))
        fetch_bytes(entry_block(entry), SMALL_BYTES);
    else
        fetch_bytes(entry_value(entry), entry->vlen);
}

void shard_prefetch_member(const struct shard *shard, const struct shard_member *member,
                           enum shard_prefetch_step step)
{
    const struct table *table = shard->databases[member->db].table;
    const struct entry *entry = table != NULL ? table_guess(table, member->key_hash) : NULL;
    if (entry == NULL || entry_value_type(entry) == NULL) return;
    if (step == SHARD_PREFETCH_VALUE)
        fetch_value(entry);
    else if (entry_is_rooted(entry))
        entry_value_type(entry)->prefetch(entry_root(entry), member->member_hash,
                                          step == SHARD_PREFETCH_BLOCK);
}
