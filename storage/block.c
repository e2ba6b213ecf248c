#include "storage/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NUTHATCH_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#define LINE_BYTES 64

/* Where memory cannot be had there is nothing left to do for a process that is all memory. */
static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "Out of memory allocating %zu bytes\n", size);
    abort();
}

/* The whole class is asked for, so that every byte that is charged may be used under any allocator. */
void *block_alloc(size_t size)
{
    void *block = malloc(block_real_size(size));
    if (__builtin_expect(block == NULL, 0)) out_of_memory(size);
    return block;
}

#ifdef NUTHATCH_JEMALLOC

void block_free(void *block, size_t size)
{
    sdallocx(block, block_real_size(size), 0);
}

void *block_alloc_lines(size_t size)
{
    void *block = mallocx(size, MALLOCX_ALIGN(LINE_BYTES) | MALLOCX_ZERO);
    if (block == NULL) out_of_memory(size);
    return block;
}

void block_free_lines(void *block, size_t size)
{
    sdallocx(block, size, MALLOCX_ALIGN(LINE_BYTES));
}

#else

void block_free(void *block, size_t size)
{
    (void)size;
    free(block);
}

void *block_alloc_lines(size_t size)
{
    void *block = aligned_alloc(LINE_BYTES, size);
    if (block == NULL) out_of_memory(size);
    return memset(block, 0, size);
}

void block_free_lines(void *block, size_t size)
{
    (void)size;
    free(block);
}

#endif

void *block_alloc_zeroed(size_t size)
{
    void *block = calloc(1, block_real_size(size));
    if (block == NULL) out_of_memory(size);
    return block;
}

void *block_resize(void *block, size_t old_size, size_t new_size)
{
    if (block_real_size(old_size) == block_real_size(new_size)) return block;
    void *moved = realloc(block, block_real_size(new_size));
    if (moved == NULL) out_of_memory(new_size);
    return moved;
}
