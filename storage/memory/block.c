#include "storage/memory/block.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NUTHATCH_JEMALLOC
#include <jemalloc/jemalloc.h>
#else
#include <malloc.h>
#endif

#define LINE_BYTES     64
#define PURGED_AT_ONCE ((size_t)8 << 20)

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

/*
 * What jemalloc reads when it starts; MALLOC_CONF in the environment overrides it.
 *
 * slab_sizes: pages of a slab, for sizes from-to. Each slab costs some 140 bytes of bookkeeping. By default
 * one page holds 64 blocks of 64 bytes, which makes 2.1 bytes for each, or 8 of 512, which makes 17; here it
 * is 0.3 and 2. A slab must be a multiple of its class.
 * *_decay_ms: how long pages lie free before the kernel gets them back. Expired memory should be seen to be
 * gone, yet overwriting must not give back what it is about to take.
 */
#define SLABS_TO_128 "1-16:2|17-32:4|33-48:6|49-64:8|65-80:5|81-96:6|97-112:7|113-128:8"
#define SLABS_TO_512 "129-160:10|161-192:6|193-224:7|225-256:8|257-320:5|321-384:6|385-448:7|449-512:8"
#define SLABS_TO_2048                                                                                        \
    "513-640:5|641-768:6|769-896:7|897-1024:8|1025-1280:5|1281-1536:6|1537-1792:7|1793-2048:8"
#define SLABS_TO_4096 "2049-2560:5|2561-3072:6|3073-3584:7|3585-4096:8"
const char *malloc_conf =
    "max_background_threads:1,dirty_decay_ms:1000,muzzy_decay_ms:0,slab_sizes:" SLABS_TO_128 "|" SLABS_TO_512
    "|" SLABS_TO_2048 "|" SLABS_TO_4096;

size_t block_size(const void *block)
{
    return sallocx(block, 0);
}

void block_free(void *block, size_t size)
{
    sdallocx(block, block_real_size(size), 0);
}

void block_release_cached(void)
{
    mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
}

void block_purge_in_background(void)
{
    bool on = true;
    mallctl("background_thread", NULL, NULL, &on, sizeof on);
}

void block_purge_at_once(bool at_once)
{
    unsigned own, count = 0;
    size_t len = sizeof own, least = at_once ? PURGED_AT_ONCE : SIZE_MAX;
    mallctl("thread.arena", &own, &len, NULL, 0); /* so that there is one */
    mallctl("arenas.narenas", &count, &len, NULL, 0);
    for (unsigned arena = 0; arena < count; arena++) {
        char name[48];
        snprintf(name, sizeof name, "arena.%u.oversize_threshold", arena);
        mallctl(name, NULL, NULL, &least, sizeof least); /* not those that nobody has used yet */
    }
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

void block_release_cached(void) {}
void block_purge_in_background(void) {}

void block_purge_at_once(bool at_once)
{
    (void)at_once;
}

/* Of the sanitizers' allocators: the size that was asked for, which is that of the class. */
size_t block_size(const void *block)
{
    return malloc_usable_size((void *)(uintptr_t)block);
}

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

/* The allocator never resizes these in place, and to find that out it would look up what it is told here. */
#define MOVED_MAX ((size_t)8 << 10)

static void *move_block(void *block, size_t old_size, size_t new_size)
{
    void *moved = block_alloc(new_size);
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    block_free(block, old_size);
    return moved;
}

void *block_resize(void *block, size_t old_size, size_t new_size)
{
    if (block_real_size(old_size) == block_real_size(new_size)) return block;
    if (old_size <= MOVED_MAX && new_size <= MOVED_MAX) return move_block(block, old_size, new_size);
    void *moved = realloc(block, block_real_size(new_size));
    if (moved == NULL) out_of_memory(new_size);
    return moved;
}
