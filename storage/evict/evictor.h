/*
 * evictor.h - what a shard keeps for eviction.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_EVICT_EVICTOR_H
#define STORAGE_EVICT_EVICTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/random.h"
#include "storage/evict/use_clock.h"

struct pool;

struct evictor {
    struct use_clock clock;
    struct random random;
    struct pool *pool; /* of those that sample; NULL until needed */
    unsigned db;       /* evicted from at present ... */
    unsigned db_turns; /* ... so many more times */
};

static inline uint64_t evictor_random(struct evictor *evictor)
{
    return random_next(&evictor->random);
}

/* With a chance of 2^-halvings. */
static inline bool evictor_chance(struct evictor *evictor, int halvings)
{
    return halvings <= 0 || evictor_random(evictor) >> (64 - halvings) == 0;
}

/* Free what it keeps. */
void evictor_clear(struct evictor *evictor);

#endif
