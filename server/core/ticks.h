/*
 * ticks.h - a clock cheap enough to read around every command.
 *
 * The processor's time-stamp counter where it runs at a constant rate (all x86-64 servers of the last
 * decade), the monotonic clock elsewhere. Only differences mean anything; ticks_to_ns() turns them into time.
 *
 * Threads: ticks_calibrate() once before the loops start, the rest anywhere.
 */
#ifndef SERVER_CORE_TICKS_H
#define SERVER_CORE_TICKS_H

#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#else
#include <time.h>
#endif

static inline uint64_t ticks_now(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/* Nanoseconds per tick as a 32.32 fixed-point number, worked out once by measuring for a millisecond. */
uint64_t ticks_calibrate(void);

static inline uint64_t ticks_to_ns(uint64_t ticks, uint64_t ns_per_tick)
{
    return (uint64_t)(((unsigned __int128)ticks * ns_per_tick) >> 32);
}

#endif
