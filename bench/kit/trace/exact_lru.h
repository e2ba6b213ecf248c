/*
 * exact_lru.h - the hit ratio that a list in exact order of use would have had.
 *
 * Threads: one.
 */
#ifndef BENCH_KIT_TRACE_EXACT_LRU_H
#define BENCH_KIT_TRACE_EXACT_LRU_H

#include <stdint.h>

/* Percent of the reads of a trace that `entries` entries, the last used ones, would have answered; of its
 * first `limit` requests, 0 for all. Ends the program (program.h) when the file is no trace. */
double exact_lru_percent(const char *path, uint64_t entries, uint64_t limit);

#endif
