/*
 * zset_leaves.h - the numbers of a sorted set's leaves: which block each of them is.
 *
 * A leaf's block moves whenever its size class changes, and what finds members (zset_index.h) must not be
 * corrected each time: it keeps 24-bit numbers. They are given out anew when their leaf is gone. When most of
 * those that were ever given out are free, the owner is asked to give the last leaf a lower number, so that
 * the table shrinks with the set.
 *
 * Threads: the owner's lock. Ownership: lives in the owner's memory; the blocks are the owner's.
 */
#ifndef STORAGE_TYPES_LARGE_ZSET_LEAVES_H
#define STORAGE_TYPES_LARGE_ZSET_LEAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/memory/segments.h"

#define ZSET_LEAVES_MAX (UINT32_C(1) << 24)

struct zset_leaves {
    struct segments words; /* of a leaf: its block; of a free number: its neighbours among those */
    uint32_t first_free;   /* and one more; 0: none */
    uint32_t free;
};

void zset_leaves_init(struct zset_leaves *leaves);
void zset_leaves_clear(struct zset_leaves *leaves);
/* With the same numbers, whose blocks are to be set. */
void zset_leaves_copy(struct zset_leaves *leaves, const struct zset_leaves *from);

static inline bool zset_leaves_are_full(const struct zset_leaves *leaves)
{
    return leaves->free == 0 && leaves->words.count >= ZSET_LEAVES_MAX;
}

static inline uint64_t *zset_leaves_word(const struct zset_leaves *leaves, uint32_t number)
{
    return segments_at(&leaves->words, number, sizeof(uint64_t));
}

/* The block of a number that is in use; NULL of one that is free. */
static inline char *zset_leaves_at(const struct zset_leaves *leaves, uint32_t number)
{
    uint64_t word = *zset_leaves_word(leaves, number);
    return word & 1 ? NULL : (char *)(uintptr_t)word;
}

static inline void zset_leaves_set(struct zset_leaves *leaves, uint32_t number, char *block)
{
    *zset_leaves_word(leaves, number) = (uintptr_t)block;
}

/* Of leaves that are not full. */
uint32_t zset_leaves_add(struct zset_leaves *leaves, char *block);
void zset_leaves_remove(struct zset_leaves *leaves, uint32_t number);
/* Whether the last leaf had better be added again, which gives it a lower number, and removed as it is. */
bool zset_leaves_are_sparse(const struct zset_leaves *leaves);
void zset_leaves_check(const struct zset_leaves *leaves);

#endif
