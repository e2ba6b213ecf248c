#include "storage/evict/ring.h"

#include "storage/memory/block.h"

void ring_clear(struct ring *ring)
{
    while (ring->first != NULL) {
        struct ring_chunk *next = ring->first->next;
        block_free(ring->first, sizeof *ring->first);
        ring->first = next;
    }
    *ring = (struct ring){ 0 };
}

static void add_chunk(struct ring *ring)
{
    struct ring_chunk *chunk = block_alloc(sizeof *chunk);
    chunk->next = NULL;
    if (ring->last != NULL)
        ring->last->next = chunk;
    else
        ring->first = chunk;
    ring->last = chunk;
    ring->last_len = 0;
    ring->bytes += block_real_size(sizeof *chunk);
}

static void drop_first(struct ring *ring)
{
    struct ring_chunk *chunk = ring->first;
    ring->first = chunk->next;
    ring->first_at = 0;
    if (ring->first == NULL) ring->last = NULL;
    ring->bytes -= block_real_size(sizeof *chunk);
    block_free(chunk, sizeof *chunk);
}

void ring_push(struct ring *ring, uint32_t hash)
{
    if (ring->last == NULL || ring->last_len == RING_CHUNK) add_chunk(ring);
    ring->last->hashes[ring->last_len++] = hash;
    ring->len++;
}

bool ring_pop(struct ring *ring, uint32_t *hash)
{
    if (ring->len == 0) return false;
    *hash = ring->first->hashes[ring->first_at++];
    ring->len--;
    uint32_t end = ring->first == ring->last ? ring->last_len : RING_CHUNK;
    if (ring->first_at == end) drop_first(ring);
    return true;
}

bool ring_peek(const struct ring *ring, size_t ahead, uint32_t *hash)
{
    if (ahead >= ring->len) return false;
    size_t at = ring->first_at + ahead;
    const struct ring_chunk *chunk = ring->first;
    if (at >= RING_CHUNK) {
        at -= RING_CHUNK;
        chunk = chunk->next;
    }
    if (chunk == NULL || at >= RING_CHUNK) return false;
    *hash = chunk->hashes[at];
    return true;
}
