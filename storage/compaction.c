#include "storage/compaction.h"

#include <stdint.h>
#include <string.h>

#include "proto/base/contract.h"
#include "storage/block.h"

#ifdef NUTHATCH_JEMALLOC

#include <jemalloc/jemalloc.h>

/* A slab is sparse when more than a part in so many is free. */
#define FREE_PART 4

/* As jemalloc writes it: of the slab that a block is in. */
struct density {
    size_t free;
    size_t all; /* 1 where a block has pages of its own */
    size_t bytes;
};

void compaction_ask(void *const *blocks, size_t len, bool *sparse)
{
    REQUIRE(len <= COMPACTION_BATCH);
    struct density densities[COMPACTION_BATCH];
    size_t size = len * sizeof densities[0];
    int failure = mallctl("experimental.utilization.batch_query", densities, &size, (void *)(uintptr_t)blocks,
                          len * sizeof blocks[0]);
    for (size_t i = 0; i < len; i++)
        sparse[i] = failure == 0 && densities[i].all > 1 && densities[i].free * FREE_PART > densities[i].all;
}

/* Past the thread's cache, which would hand out what was just freed. */
void *compaction_move(void *block, size_t size)
{
    size_t real = block_real_size(size);
    void *moved = mallocx(real, MALLOCX_TCACHE_NONE);
    if (moved == NULL) return block;
    memcpy(moved, block, real);
    sdallocx(block, real, MALLOCX_TCACHE_NONE);
    return moved;
}

#else

/* Any third one: so that sanitizers see blocks moved. */
void compaction_ask(void *const *blocks, size_t len, bool *sparse)
{
    for (size_t i = 0; i < len; i++) sparse[i] = (uintptr_t)blocks[i] / 16 % 3 == 0;
}

void *compaction_move(void *block, size_t size)
{
    void *moved = memcpy(block_alloc(size), block, block_real_size(size));
    block_free(block, size);
    return moved;
}

#endif
