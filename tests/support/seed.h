/*
 * seed.h - where the randomness of these tests begins: NUTHATCH_SEED, or the time. It is printed at once, so
 * that it is known also when the test crashes.
 */
#ifndef TESTS_SUPPORT_SEED_H
#define TESTS_SUPPORT_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t seed_draw(void)
{
    const char *given = getenv("NUTHATCH_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    fprintf(stderr, "NUTHATCH_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

#endif
