/*
 * random.h - fast random numbers that a seed repeats, and that are not secret.
 *
 * The generator is splitmix64 (Steele, Lea and Flood 2014): any seed is a good one, also 0, 1, 2, ...
 *
 * Threads: the state is the caller's.
 */
#ifndef PROTO_BASE_RANDOM_H
#define PROTO_BASE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

/* Uniform over 64 bits. */
static inline uint64_t random_next(struct random *random)
{
    uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* 0 <= result < `limit`, which is not 0: the high half of a product (Lemire 2019). Limits are so far below
 * 2^64 that none is favoured by more than anybody could measure. */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
    return (uint64_t)((unsigned __int128)random_next(random) * limit >> 64);
}

static inline bool random_chance(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

#endif
