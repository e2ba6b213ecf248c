/*
 * block.h - memory of entries and values, charged by its real size.
 *
 * What a budget counts is what the allocator hands out: its size class, not the bytes asked for.
 * Freed with its size, which spares jemalloc a look-up. Under sanitizers the C library's allocator stands in
 * and the classes are computed.
 *
 * Threads: any.
 */
#ifndef STORAGE_MEMORY_BLOCK_H
#define STORAGE_MEMORY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The bytes that a block of `size` really takes; all of them may be used. These are jemalloc's classes with a
 * 16-byte quantum: 8, multiples of 16 up to 128, then four to each doubling. Computed, since asking costs a
 * call; a test compares with nallocx().
 */
static inline size_t block_real_size(size_t size)
{
    if (size <= 8) return 8;
    if (size <= 128) return (size + 15) & ~(size_t)15;

    unsigned log2 = 63 - (unsigned)__builtin_clzl(size - 1);
    size_t spacing = (size_t)1 << (log2 - 2);
    return (size + spacing - 1) & ~(spacing - 1);
}

/* Never NULL. Aligned to 16 bytes from size 9 on. */
void *block_alloc(size_t size);
void *block_alloc_zeroed(size_t size);
/* The real size of a block, asked of the allocator. */
size_t block_size(const void *block);
/* Any size of the block's class: what was given to block_alloc(), or block_real_size() of it. */
void block_free(void *block, size_t size);
/* The block with its first min(old_size, new_size) bytes, possibly moved. */
void *block_resize(void *block, size_t old_size, size_t new_size);

/* A thread keeps some free blocks for itself, each of which may hold a slab that is otherwise empty: after
 * freeing many, give them to all. */
void block_release_cached(void);
/* From now on a thread of the allocator gives free pages back to the kernel, also while nobody allocates.
 * It inherits the priority of the calling one. Call it when the process forks no more. */
void block_purge_in_background(void);
/* Whether a thread that frees a block gives it back itself, at once, where its free neighbours and it come to
 * 8 MB, as the allocator does by itself. That keeps resident memory down; but it takes milliseconds, and the
 * memory may be needed again a moment later. For the arenas that are in use, the calling thread's included.
 */
void block_purge_at_once(bool at_once);

/* Zeroed and aligned to cache lines; `size` must be a multiple of 64. */
void *block_alloc_lines(size_t size);
void block_free_lines(void *block, size_t size);

#endif
