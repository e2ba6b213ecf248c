/*
 * victim.h - what policies do to a shard: choose where, ask who may go, let one go.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_POLICIES_VICTIM_H
#define STORAGE_POLICIES_VICTIM_H

#include <stdbool.h>
#include <stdint.h>

struct entry;
struct shard;
struct table_slot;

/* A database with entries that may be evicted, chosen by how many there are. False: none has any. */
bool victim_database(struct shard *shard, unsigned *db);
/* Whether the rules let this entry go. */
bool victim_may_take(const struct shard *shard, const struct entry *entry);

/* Evict, count and report; `hash` is the entry's. */
void victim_take(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot);
/* Remove it if it is past its deadline. */
bool victim_expire(struct shard *shard, unsigned db, struct table_slot *slot);
uint64_t victim_hash(const struct shard *shard, const struct table_slot *slot);

#endif
