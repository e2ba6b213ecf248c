/*
 * compaction.h - moving blocks out of memory that is mostly free.
 *
 * The allocator keeps blocks of one size class together in slabs, and a slab goes back to the kernel when the
 * last block in it is freed. When sizes change, those that stay pin slabs that are nearly empty. Here the
 * allocator is asked how full the slabs of some blocks are; a block in a sparse one is copied to where the
 * next block of its class would go, which is the oldest slab that has room.
 *
 * What counts as sparse follows from what is there. When entries leave evenly from everywhere, all slabs lose
 * a little and none is empty for long; those that happened to lose most are then worth emptying, since their
 * blocks fit into the holes of the others. So the emptiest part of what is met is called sparse, and the cut
 * between it and the rest is found by moving it a little with each block. It is never moved so low that work
 * goes on for ever without a gain.
 *
 * Without jemalloc, which is for sanitizers, blocks are called sparse at random.
 *
 * Threads: any; the blocks and the cut are the caller's.
 */
#ifndef STORAGE_MEMORY_COMPACTION_H
#define STORAGE_MEMORY_COMPACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPACTION_BATCH 32

/* How little a slab may have free and yet be sparse: an eighth, or, where memory must be had, a 32nd. */
enum compaction_need { COMPACTION_USEFUL, COMPACTION_URGENT };

/* The free part of a slab from which on it is sparse; all zero is ready for use. */
struct compaction_cut {
    uint32_t free_part; /* in 2^-24 */
};

/* Which of up to COMPACTION_BATCH blocks had better be moved. */
void compaction_ask(struct compaction_cut *cut, enum compaction_need need, void *const *blocks, size_t len,
                    bool *sparse);
/* The block in its new place; the old one is freed. */
void *compaction_move(void *block, size_t size);

#endif
