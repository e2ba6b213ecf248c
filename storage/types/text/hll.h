/*
 * hll.h - a HyperLogLog: how many different elements were added, from 12 KB or less, give or take 0.81 %.
 *
 * It is a string that clients may read, copy and store again, so every byte is as Redis writes it:
 *
 *      0      4      5          8              16
 *      +------+------+----------+--------------+---------------------- - -
 *      | HYLL | form |  3 zero  | cached count | registers
 *      +------+------+----------+--------------+---------------------- - -
 *
 * An element's hash chooses one of 16384 registers; the register keeps the longest run of zero bits, plus
 * one, that the rest of such a hash has begun with. Form 0 is dense: 6 bits for each register, from the low
 * bit of a byte on. Form 1 is sparse, see hll_sparse.h. The cached count is little-endian; the top bit of its
 * last byte says that it is stale.
 *
 * Whatever a client stored may be called one: hll_is_valid() looks at the header, and every function below
 * wants one that passed. What is behind a sparse one's header is found out to be corrupt where it is read,
 * and told; nothing is read or written outside of the string, whatever it holds.
 *
 * Threads: no state.
 */
#ifndef STORAGE_TYPES_TEXT_HLL_H
#define STORAGE_TYPES_TEXT_HLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define HLL_REGISTERS   16384
#define HLL_HEADER_SIZE 16
#define HLL_DENSE_SIZE  12304

/* One that is to be changed, and whoever keeps it. */
struct hll {
    char *bytes;
    size_t len;
    /* Make room: sets `bytes` and `len`. The first min(old, new) bytes are kept, what is new is undefined. */
    void (*resize)(struct hll *hll, size_t len);
    size_t sparse_max; /* in bytes; what would become longer becomes dense */
};

/* The string of one that nothing was added to. */
struct slice hll_empty(void);

bool hll_is_valid(struct slice text);
bool hll_is_sparse(struct slice text);

enum hll_outcome { HLL_SAME, HLL_CHANGED, HLL_CORRUPT };

/* Does not touch the cached count of one that stays the same. */
enum hll_outcome hll_add(struct hll *hll, struct slice element);
/* HLL_SAME: it is dense already. The cached count stays. */
enum hll_outcome hll_make_dense(struct hll *hll);

/* False: the cached count is stale. */
bool hll_cached_count(struct slice text, uint64_t *count);
void hll_cache_count(struct hll *hll, uint64_t count);
void hll_forget_count(struct hll *hll);

/* Registers apart, a byte each: what several of them have in common. */
struct hll_registers {
    uint8_t values[HLL_REGISTERS];
};

/* Make each register the larger one of itself and that of `text`. False: `text` is corrupt, and some have
 * been changed. */
bool hll_merge(struct hll_registers *registers, struct slice text);
/* Make each register of `hll`, which is not corrupt, no less than the one given. */
void hll_raise(struct hll *hll, const struct hll_registers *registers);
/* The estimate, by Otmar Ertl's method. */
uint64_t hll_count(const struct hll_registers *registers);

#endif
