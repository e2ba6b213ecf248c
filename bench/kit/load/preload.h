/*
 * preload.h - every key of a benchmark, set once, in order.
 *
 * Ends the program (program.h) on an error reply: what follows would measure something else.
 *
 * Threads: one.
 */
#ifndef BENCH_KIT_LOAD_PRELOAD_H
#define BENCH_KIT_LOAD_PRELOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;

void preload_keys(const struct address *address, uint64_t keys, size_t value_bytes, bool deadlines);

/* The same for `keys` keys from number `first_key` on. */
void preload_range(const struct address *address, uint64_t first_key, uint64_t keys, size_t value_bytes);

/* A value of 32 bytes under each key, over one connection, with a time of its own: `word` says of what kind
 * (PX, PXAT), and it is drawn from `least_ms` on, over `spread_ms`. RESP only. */
void preload_dated(const struct address *address, uint64_t keys, const char *word, uint64_t least_ms,
                   uint64_t spread_ms);

/* Any request that has one reply (request.h), so many times. RESP only. */
void preload_requests(const struct address *address, const char *request, uint64_t times);

#endif
