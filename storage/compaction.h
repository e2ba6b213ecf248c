/*
 * compaction.h - moving blocks out of memory that is mostly free.
 *
 * The allocator keeps blocks of one size class together in slabs, and a slab goes back to the kernel when the
 * last block in it is freed. When sizes change, those that stay pin slabs that are nearly empty. Here the
 * allocator is asked how full the slabs of some blocks are; a block in a sparse one is copied to where the
 * next block of its class would go, which is the oldest slab that has room.
 *
 * Without jemalloc, which is for sanitizers, blocks are called sparse at random.
 *
 * Threads: any; the blocks are the caller's.
 */
#ifndef STORAGE_COMPACTION_H
#define STORAGE_COMPACTION_H

#include <stdbool.h>
#include <stddef.h>

#define COMPACTION_BATCH 32

/* Which of up to COMPACTION_BATCH blocks had better be moved. */
void compaction_ask(void *const *blocks, size_t len, bool *sparse);
/* The block in its new place; the old one is freed. */
void *compaction_move(void *block, size_t size);

#endif
