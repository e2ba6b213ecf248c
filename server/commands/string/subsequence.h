/*
 * subsequence.h - the longest common subsequence of two strings.
 *
 * By dynamic programming, O(a x b) in time. Of the table of lengths one row is kept; to find the way back, a
 * bit per cell is enough (did the length come from the shorter `a` or the shorter `b`?), which is a 32nd of
 * the table.
 *
 * Among several longest ones, the choice is that of Redis's LCS: seen from the ends, equal bytes are taken as
 * soon as they meet, and `b` is shortened when both ways are equally good.
 *
 * Threads: no state. Ownership: subsequence_clear() frees; the strings are only read by subsequence_init().
 */
#ifndef SERVER_COMMANDS_STRING_SUBSEQUENCE_H
#define SERVER_COMMANDS_STRING_SUBSEQUENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

/* `len` bytes that are equal from a[in_a] and from b[in_b] on. */
struct subsequence_run {
    size_t in_a;
    size_t in_b;
    size_t len;
};

struct subsequence {
    size_t len;                   /* the sum of the runs' lengths */
    struct subsequence_run *runs; /* from the last to the first */
    size_t run_count;
    size_t run_cap;
};

/* False: there is not enough memory, and nothing to clear. Neither string may have UINT32_MAX bytes. */
bool subsequence_init(struct subsequence *subsequence, struct slice a, struct slice b);
void subsequence_clear(struct subsequence *subsequence);

#endif
