/*
 * segments.h - an array that grows and shrinks at its end and never moves: a table's buckets, and what stands
 * beside each of them.
 *
 * Segment k is as long as all before it together, so a few pointers reach any item and nothing is ever
 * copied. Small segments come from the allocator; large ones are mapped and become real memory a page at a
 * time as the array grows into them, and are given back a stretch of pages at a time. What was never written
 * is zero; what is popped and pushed again is as it was left, or zero.
 *
 * Threads: the owner's lock, but for segments_mapped_bytes(). Ownership: lives in the owner's memory.
 */
#ifndef STORAGE_MEMORY_SEGMENTS_H
#define STORAGE_MEMORY_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

#define SEGMENTS_FIRST      4 /* items of segment 0 */
#define SEGMENTS_COUNT_LOG2 28
#define SEGMENTS_MAX        (SEGMENTS_COUNT_LOG2 - 1)

struct segments {
    /* Where item 0 would be if the whole array were of one piece with this segment. */
    uintptr_t base[SEGMENTS_MAX];
    size_t item_bytes;
    uint32_t mapped; /* a bit for each segment that is mapped, not allocated */
    size_t count;    /* items in use */
    size_t bytes;    /* real memory */
    size_t touched;  /* bytes of the last segment, when mapped, that are real */
    size_t page_bytes;
};

void segments_init(struct segments *segments, size_t item_bytes);
/* Give all memory back. */
void segments_clear(struct segments *segments);

static inline unsigned segments_index(uint64_t item)
{
    return 62 - (unsigned)__builtin_clzll(item | (SEGMENTS_FIRST - 1));
}

/* `item_bytes` as given to segments_init(): a constant, here, saves a multiplication. */
static inline void *segments_at(const struct segments *segments, uint64_t item, size_t item_bytes)
{
    return (void *)(segments->base[segments_index(item)] + item * item_bytes);
}

/* One item more. */
void segments_push(struct segments *segments);
/* Up to `count` items at once, without touching them. */
void segments_extend(struct segments *segments, size_t count);
/* One item less. */
void segments_pop(struct segments *segments);

/* Real memory of all arrays in the process that does not come from the allocator, whose figures are of the
 * process as well. Any thread. */
size_t segments_mapped_bytes(void);

#endif
