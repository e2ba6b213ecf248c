/*
 * segments.h - the memory of a table's buckets: an array of cache lines that grows and shrinks at its end.
 *
 * Segment k is as long as all before it together, so a few pointers reach any line and nothing is ever
 * copied. Small segments come from the allocator; large ones are mapped and become real memory a page at a
 * time as the array grows into them, and are given back a stretch of pages at a time.
 *
 * Threads: the owner's lock. Ownership: lives in the owner's memory.
 */
#ifndef STORAGE_SEGMENTS_H
#define STORAGE_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

#define SEGMENTS_LINE_BYTES 64
#define SEGMENTS_FIRST      4 /* lines of segment 0 */
#define SEGMENTS_COUNT_LOG2 28
#define SEGMENTS_MAX        (SEGMENTS_COUNT_LOG2 - 1)

struct segments {
    /* Where line 0 would be if the whole array were of one piece with this segment. */
    uintptr_t base[SEGMENTS_MAX];
    uint32_t mapped; /* a bit for each segment that is mapped, not allocated */
    size_t count;    /* lines in use */
    size_t bytes;    /* real memory */
    size_t touched;  /* bytes of the last segment, when mapped, that are real */
    size_t page_bytes;
};

void segments_init(struct segments *segments);
/* All lines must have been removed. */
void segments_clear(struct segments *segments);

static inline unsigned segments_index(uint64_t line)
{
    return 62 - (unsigned)__builtin_clzll(line | (SEGMENTS_FIRST - 1));
}

static inline void *segments_line(const struct segments *segments, uint64_t line)
{
    return (void *)(segments->base[segments_index(line)] + line * SEGMENTS_LINE_BYTES);
}

/* One line more; its contents are undefined. Returns it. */
void *segments_push(struct segments *segments);
/* One line less. */
void segments_pop(struct segments *segments);

#endif
