#include "proto/base/region.h"

#include <stdalign.h>

#include "proto/base/alloc.h"

struct region_block {
    struct region_block *older;
    size_t size; /* of what follows */
    alignas(max_align_t) char space[];
};

/* Each block is as large as all before it together, within these. */
#define BLOCK_MIN ((size_t)1 << 10)
#define BLOCK_MAX ((size_t)64 << 10)

static size_t size_of_next(const struct region *region, size_t wanted)
{
    size_t size = region->bytes < BLOCK_MIN   ? BLOCK_MIN
                  : region->bytes > BLOCK_MAX ? BLOCK_MAX
                                              : region->bytes;
    size -= sizeof(struct region_block);
    return size > wanted ? size : wanted;
}

static void add_block(struct region *region, size_t wanted)
{
    size_t size = size_of_next(region, wanted);
    struct region_block *block = alloc_bytes(sizeof(*block) + size);
    block->older = region->newest;
    block->size = size;
    region->newest = block;
    region->room = size;
    region->bytes += sizeof(*block) + size;
}

void *region_take(struct region *region, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (size > region->room) add_block(region, size);
    struct region_block *block = region->newest;
    char *piece = block->space + block->size - region->room;
    region->room -= size;
    return piece;
}

static void free_from(struct region_block *block)
{
    while (block != NULL) {
        struct region_block *older = block->older;
        alloc_free(block);
        block = older;
    }
}

void region_reset(struct region *region, size_t kept_bytes)
{
    struct region_block *kept = region->newest;
    if (kept == NULL || sizeof(*kept) + kept->size > kept_bytes) {
        region_clear(region);
        return;
    }
    free_from(kept->older);
    kept->older = NULL;
    *region = (struct region){ .newest = kept, .room = kept->size, .bytes = sizeof(*kept) + kept->size };
}

void region_clear(struct region *region)
{
    free_from(region->newest);
    *region = (struct region){ 0 };
}
