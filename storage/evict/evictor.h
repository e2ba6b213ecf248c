/*
 * evictor.h - what a shard keeps for eviction.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_EVICT_EVICTOR_H
#define STORAGE_EVICT_EVICTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/evict/use_clock.h"

struct pool;

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

/* Free what it keeps. */
void evictor_clear(struct evictor *evictor);

#endif
