#include "tests/differential/generate/arena.h"

#include <stdalign.h>
#include <string.h>

#include "proto/base/alloc.h"

#define BLOCK_BYTES 65536

struct arena_block {
    struct arena_block *next;
    size_t size;
    alignas(max_align_t) char bytes[];
};

void *arena_bytes(struct arena *arena, size_t size)
{
    size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (size > arena->left) {
        size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        struct arena_block *block = alloc_bytes(sizeof *block + room);
        block->next = arena->blocks;
        block->size = room;
        arena->blocks = block;
        arena->left = room;
    }
    char *place = arena->blocks->bytes + arena->blocks->size - arena->left;
    arena->left -= size;
    return place;
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
    char *copy = arena_bytes(arena, text.len);
    if (text.len > 0) memcpy(copy, text.data, text.len);
    return slice_of(copy, text.len);
}

void arena_clear(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *next = arena->blocks->next;
        alloc_free(arena->blocks);
        arena->blocks = next;
    }
    arena->left = 0;
}
