/*
 * arena.h - memory for one command stream, given back at once.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_ARENA_H
#define TESTS_DIFFERENTIAL_GENERATE_ARENA_H

#include <stddef.h>

#include "proto/base/slice.h"

struct arena_block;

/* All zero is empty. */
struct arena {
    struct arena_block *blocks;
    size_t left; /* bytes free at the end of the first block */
};

/* Aligned for any object, never NULL, uninitialised. */
void *arena_bytes(struct arena *arena, size_t size);
struct slice arena_copy(struct arena *arena, struct slice text);
void arena_clear(struct arena *arena);

#endif
