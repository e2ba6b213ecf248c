#include "storage/evict/ghosts.h"

#include <string.h>

#include "storage/memory/block.h"

static size_t table_size(const struct ghost_table *table)
{
    return table->buckets * GHOSTS_WAYS * sizeof *table->prints;
}

static void clear_table(struct ghost_table *table)
{
    if (table->prints != NULL) block_free(table->prints, table_size(table));
    *table = (struct ghost_table){ 0 };
}

void ghosts_clear(struct ghosts *ghosts)
{
    clear_table(&ghosts->now);
    clear_table(&ghosts->old);
    ghosts->added = 0;
}

static size_t bytes_of(const struct ghost_table *table)
{
    return table->prints != NULL ? block_real_size(table_size(table)) : 0;
}

size_t ghosts_bytes(const struct ghosts *ghosts)
{
    return bytes_of(&ghosts->now) + bytes_of(&ghosts->old);
}

/* Room between two thirds of half and all: a cache whose size hovers about a power of two keeps its table. */
static bool fits(const struct ghost_table *table, size_t entries)
{
    size_t room = table->buckets * GHOSTS_WAYS;
    bool too_large = room > GHOSTS_WAYS && room > entries + entries / 3;
    return room > 0 && room * 2 > entries && !too_large;
}

void ghosts_fit(struct ghosts *ghosts, size_t entries)
{
    if (fits(&ghosts->now, entries)) return;
    clear_table(&ghosts->old);
    ghosts->old = ghosts->now;
    ghosts->added = 0;
    size_t buckets = 1;
    while (buckets * 2 * GHOSTS_WAYS <= entries) buckets *= 2;
    ghosts->now.buckets = buckets;
    ghosts->now.prints = block_alloc_zeroed(table_size(&ghosts->now));
}

/* The top bits of a hash are the same for all of a shard, so they are mixed first. */
static uint64_t mixed(uint64_t hash)
{
    return hash * UINT64_C(0x9e3779b97f4a7c15);
}

static uint16_t print_of(uint64_t hash)
{
    uint16_t print = (uint16_t)(mixed(hash) >> 48);
    return print != 0 ? print : 1;
}

static uint16_t *bucket_of(const struct ghost_table *table, uint64_t hash)
{
    return table->prints + (mixed(hash) >> 8 & (table->buckets - 1)) * GHOSTS_WAYS;
}

void ghosts_add(struct ghosts *ghosts, uint64_t hash)
{
    if (ghosts->now.prints == NULL) return;
    uint16_t *bucket = bucket_of(&ghosts->now, hash);
    memmove(bucket + 1, bucket, (GHOSTS_WAYS - 1) * sizeof *bucket);
    bucket[0] = print_of(hash);
    if (ghosts->old.prints != NULL && ++ghosts->added >= ghosts->now.buckets * GHOSTS_WAYS)
        clear_table(&ghosts->old);
}

static bool take_from(const struct ghost_table *table, uint64_t hash)
{
    if (table->prints == NULL) return false;
    uint16_t *bucket = bucket_of(table, hash);
    uint16_t print = print_of(hash);
    for (size_t i = 0; i < GHOSTS_WAYS; i++) {
        if (bucket[i] != print) continue;
        memmove(bucket + i, bucket + i + 1, (GHOSTS_WAYS - 1 - i) * sizeof *bucket);
        bucket[GHOSTS_WAYS - 1] = 0;
        return true;
    }
    return false;
}

bool ghosts_take(struct ghosts *ghosts, uint64_t hash)
{
    return take_from(&ghosts->now, hash) || take_from(&ghosts->old, hash);
}
