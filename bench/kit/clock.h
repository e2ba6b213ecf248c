/*
 * clock.h - the time that benchmarks measure with.
 *
 * Threads: any.
 */
#ifndef BENCH_KIT_CLOCK_H
#define BENCH_KIT_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S UINT64_C(1000000000)

static inline uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ns_of_seconds(double seconds)
{
    return (uint64_t)(seconds * 1e9);
}

#endif
