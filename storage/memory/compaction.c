#include "storage/memory/compaction.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"

#ifdef NUTHATCH_JEMALLOC

#include <jemalloc/jemalloc.h>

#define WHOLE (UINT32_C(1) << 24)
/* One block in so many is in a sparse slab: where the cut comes to rest. Asking for more of them takes as
 * long as moving one, so in an emergency those of fuller slabs are moved as well. */
static const uint32_t sparse_one_in[] = { [COMPACTION_USEFUL] = 8, [COMPACTION_URGENT] = 3 };
/* How far the cut moves with a block: it follows within some thousand of them. */
#define STEP (WHOLE >> 14)
static const uint32_t least_cuts[] = { [COMPACTION_USEFUL] = WHOLE / 8, [COMPACTION_URGENT] = WHOLE / 32 };

/* As jemalloc writes it: of the slab that a block is in. */
struct density {
    size_t free;
    size_t all; /* 1 where a block has pages of its own */
    size_t bytes;
};

static bool is_sparse(struct compaction_cut *cut, enum compaction_need need, const struct density *density)
{
    uint32_t least = least_cuts[need];
    if (density->all <= 1) return false;
    bool sparse = density->free * WHOLE > cut->free_part * density->all;
    uint32_t moved = sparse ? cut->free_part + (sparse_one_in[need] - 1) * STEP : cut->free_part - STEP;
    cut->free_part = moved > least ? moved : least;
    return sparse;
}

#define QUERY "experimental.utilization.batch_query"
/* Parts of the name. */
#define QUERY_DEPTH 3

/* A look-up of the name takes longer than the answer, which is the same for the life of the process. */
static const size_t *query(void)
{
    static _Thread_local size_t numbers[QUERY_DEPTH];
    static _Thread_local bool known;
    size_t depth = QUERY_DEPTH;
    if (!known) known = mallctlnametomib(QUERY, numbers, &depth) == 0;
    return known ? numbers : NULL;
}

static bool ask(void *const *blocks, size_t len, struct density *densities)
{
    size_t size = len * sizeof *densities;
    const size_t *numbers = query();
    return numbers != NULL && mallctlbymib(numbers, QUERY_DEPTH, densities, &size, (void *)(uintptr_t)blocks,
                                           len * sizeof blocks[0]) == 0;
}

void compaction_ask(struct compaction_cut *cut, enum compaction_need need, void *const *blocks, size_t len,
                    bool *sparse)
{
    REQUIRE(len <= COMPACTION_BATCH);
    if (cut->free_part < least_cuts[need]) cut->free_part = least_cuts[need];
    struct density densities[COMPACTION_BATCH];
    bool answered = ask(blocks, len, densities);
    for (size_t i = 0; i < len; i++) sparse[i] = answered && is_sparse(cut, need, &densities[i]);
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
void compaction_ask(struct compaction_cut *cut, enum compaction_need need, void *const *blocks, size_t len,
                    bool *sparse)
{
    (void)cut;
    (void)need;
    for (size_t i = 0; i < len; i++) sparse[i] = (uintptr_t)blocks[i] / 16 % 3 == 0;
}

void *compaction_move(void *block, size_t size)
{
    void *moved = memcpy(block_alloc(size), block, block_real_size(size));
    block_free(block, size);
    return moved;
}

#endif
