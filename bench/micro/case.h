/*
 * case.h - one operation whose time is measured alone.
 *
 * A case runs its operation `count` times in a loop of its own, so that the measurement adds nothing to it.
 * The runner (main.c) makes the context once, raises the count until a run takes long enough to be timed, and
 * prints the median of several runs.
 *
 * Threads: one.
 */
#ifndef BENCH_MICRO_CASE_H
#define BENCH_MICRO_CASE_H

#include <stdint.h>

struct micro_case {
    const char *name; /* NULL ends an array of cases */
    void *(*create)(void);
    void (*run)(void *context, uint64_t count);
    void (*destroy)(void *context);
};

extern const struct micro_case request_cases[];
extern const struct micro_case reply_cases[];
extern const struct micro_case shard_cases[];
extern const struct micro_case evict_cases[];
extern const struct micro_case mailbox_cases[];
extern const struct micro_case memory_cases[];
extern const struct micro_case sample_cases[];

/* Make the compiler believe that what `memory` points to is used. */
static inline void micro_use(const void *memory)
{
    __asm__ volatile("" : : "r"(memory) : "memory");
}

#endif
