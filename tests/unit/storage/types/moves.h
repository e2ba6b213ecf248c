/*
 * moves.h - a compaction that moves each block that it is offered, and counts them.
 *
 *     struct moves moves = { 0 };
 *     struct value_mover mover = { moves_take, &moves };
 *
 * What was at the old place is overwritten first: whoever still looks there finds nothing of use.
 */
#ifndef TESTS_UNIT_STORAGE_TYPES_MOVES_H
#define TESTS_UNIT_STORAGE_TYPES_MOVES_H

#include <stddef.h>

struct moves {
    size_t blocks;
    size_t bytes; /* as the allocator counts them */
};

/* As `value_mover.move`; `context` is a struct moves. */
void *moves_take(void *context, void *block, size_t size);

#endif
