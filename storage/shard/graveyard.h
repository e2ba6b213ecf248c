/*
 * graveyard.h - what was taken out of a keyspace at once, to be freed in steps.
 *
 * Its memory stays on an account: the budget counts it as buried until the last of it is free. Not less and
 * less meanwhile, since what lies side by side in the allocator's pages was written one after the other, in
 * all shards, and hardly a page is empty before most entries are gone.
 *
 * Threads: one at a time. No lock of a shard is needed.
 */
#ifndef STORAGE_SHARD_GRAVEYARD_H
#define STORAGE_SHARD_GRAVEYARD_H

#include <stdbool.h>
#include <stddef.h>

struct budget;
struct entry;
struct graveyard;
struct media_types;
struct table;

/* Blocks of a large value that are freed in the time of a bucket of small ones. */
#define GRAVEYARD_BLOCKS 16

/* Empty. The budget must outlive it, and so must the types, where the entries of its tables are counted until
 * they are freed; NULL: nowhere. */
struct graveyard *graveyard_create(struct budget *budget, struct media_types *types);
/* Take over a table, with its entries, that is charged `bytes`. */
void graveyard_add(struct graveyard *graveyard, struct table *table, size_t bytes);
/* Take over an entry that stands in no table. */
void graveyard_add_entry(struct graveyard *graveyard, struct entry *entry, size_t bytes);
/* Free up to `steps` buckets, or as much of a large value; false when all is freed, the graveyard included
 * and the pointer cleared. */
bool graveyard_dig(struct graveyard **graveyard, size_t steps);
/* Entries still to free; none in NULL. */
size_t graveyard_len(const struct graveyard *graveyard);

#endif
