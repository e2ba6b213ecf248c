/*
 * block.h - memory of entries and values, charged by its real size.
 *
 * What a budget counts is what the allocator hands out: its size class, not the bytes asked for.
 * Freed with its size, which spares jemalloc a look-up. Under sanitizers the C library's allocator stands in
 * and the classes are computed.
 *
 * Threads: any.
 */
#ifndef STORAGE_BLOCK_H
#define STORAGE_BLOCK_H

#include <stddef.h>

/* The bytes that a block of `size` really takes. */
size_t block_real_size(size_t size);

/* Never NULL. */
void *block_alloc(size_t size);
void *block_alloc_zeroed(size_t size);
/* `size` as it was given to block_alloc(). */
void block_free(void *block, size_t size);
/* The block with its first min(old_size, new_size) bytes, possibly moved. */
void *block_resize(void *block, size_t old_size, size_t new_size);

#endif
