/*
 * operation_set.h - a set of operations (operation.h), by their numbers: reads first, then writes.
 *
 * Threads: no state.
 */
#ifndef TESTS_SCENARIOS_OPERATIONS_OPERATION_SET_H
#define TESTS_SCENARIOS_OPERATIONS_OPERATION_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPERATIONS_MAX 192

struct operation_set {
    uint64_t words[OPERATIONS_MAX / 64];
};

#define OPERATIONS_ALL ((struct operation_set){ { UINT64_MAX, UINT64_MAX, UINT64_MAX } })

static inline bool operation_set_has(const struct operation_set *set, size_t number)
{
    return set->words[number / 64] >> number % 64 & 1;
}

static inline void operation_set_add(struct operation_set *set, size_t number)
{
    set->words[number / 64] |= UINT64_C(1) << number % 64;
}

/* Whether it was there. */
static inline bool operation_set_remove(struct operation_set *set, size_t number)
{
    bool had = operation_set_has(set, number);
    set->words[number / 64] &= ~(UINT64_C(1) << number % 64);
    return had;
}

#endif
