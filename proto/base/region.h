/*
 * region.h - memory that is taken piece by piece and given back as a whole.
 *
 * For what is built up and goes together. Pieces stay where they are. All zero is a region without memory.
 *
 * Ownership: pieces are good until region_reset() or region_clear(). Threads: one owner.
 */
#ifndef PROTO_BASE_REGION_H
#define PROTO_BASE_REGION_H

#include <stddef.h>

struct region_block;

struct region {
    struct region_block *newest;
    size_t room;  /* left in the newest */
    size_t bytes; /* of memory, over all blocks */
};

/* `size` bytes that anything may stand in. Aborts if memory is refused. */
void *region_take(struct region *region, size_t size);
/* Give all pieces back, but keep the newest block for the next ones if it has no more than `kept_bytes`. */
void region_reset(struct region *region, size_t kept_bytes);
void region_clear(struct region *region);

#endif
