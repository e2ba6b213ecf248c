/*
 * ring.h - a queue of 32-bit key hashes, four bytes each and little else.
 *
 * Threads: the owner's lock.
 */
#ifndef STORAGE_EVICT_RING_H
#define STORAGE_EVICT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_CHUNK 62

struct ring_chunk {
    struct ring_chunk *next;
    uint32_t hashes[RING_CHUNK];
};

struct ring {
    struct ring_chunk *first; /* taken from; NULL: none */
    struct ring_chunk *last;  /* added to */
    uint32_t first_at;
    uint32_t last_len;
    size_t len;
    size_t bytes;
};

/* All zero is an empty ring. */
void ring_clear(struct ring *ring);
void ring_push(struct ring *ring, uint32_t hash);
/* The oldest; false when there is none. */
bool ring_pop(struct ring *ring, uint32_t *hash);
/* The one `ahead` places behind the oldest, if it is at hand: for fetching what it stands for. */
bool ring_peek(const struct ring *ring, size_t ahead, uint32_t *hash);

#endif
