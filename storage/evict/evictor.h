/*
 * evictor.h - what a shard keeps for eviction, and what policies do to a shard. For storage/shard*.c and
 * storage/evict/ only.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_EVICT_EVICTOR_H
#define STORAGE_EVICT_EVICTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/evict/use_clock.h"

struct database;
struct entry;
struct pool;
struct shard;
struct table_slot;

struct evictor {
    struct use_clock clock;
    uint64_t random;
    struct pool *pool; /* of those that sample; NULL until needed */
    unsigned db;       /* evicted from at present ... */
    unsigned db_turns; /* ... so many more times */
};

/* The next of a sequence, uniform over 64 bits (xorshift64*). */
static inline uint64_t evictor_random(struct evictor *evictor)
{
    uint64_t x = evictor->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    evictor->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

/* With a chance of 2^-halvings. */
static inline bool evictor_chance(struct evictor *evictor, int halvings)
{
    return halvings <= 0 || evictor_random(evictor) >> (64 - halvings) == 0;
}

/* Write the stamp of a use. */
void evictor_stamp(struct shard *shard, struct database *database, struct entry *entry);

/* A database with entries that may be evicted, chosen by how many there are. False: none has any. */
bool evictor_database(struct shard *shard, unsigned *db);
/* Whether the rules let this entry go. */
bool evictor_may_take(const struct shard *shard, const struct entry *entry);

/* Evict, count and report; `hash` is the entry's. */
void evictor_take(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot);
/* Remove it if it is past its deadline. */
bool evictor_expire(struct shard *shard, unsigned db, struct table_slot *slot);
uint64_t evictor_hash(const struct shard *shard, const struct table_slot *slot);

#endif
