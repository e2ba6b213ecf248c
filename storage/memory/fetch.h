/*
 * fetch.h - memory that will be read soon, on its way into the cache.
 *
 * Not __builtin_prefetch() by itself: GCC takes a function that does nothing else for one without effects,
 * and leaves calls of it out.
 *
 * Any address will do; what is not there is not fetched. Threads: any.
 */
#ifndef STORAGE_MEMORY_FETCH_H
#define STORAGE_MEMORY_FETCH_H

#include <stddef.h>

/* The 64 bytes that the address is in. */
static inline __attribute__((always_inline)) void fetch_line(const void *address)
{
    __builtin_prefetch(address);
    __asm__ volatile("");
}

/* The same, to be written to. */
static inline __attribute__((always_inline)) void fetch_line_to_write(const void *address)
{
    __builtin_prefetch(address, 1);
    __asm__ volatile("");
}

/* Those of `bytes` from the start on. */
static inline void fetch_lines(const char *start, size_t bytes)
{
    for (size_t at = 0; at < bytes; at += 64) fetch_line(start + at);
}

#endif
