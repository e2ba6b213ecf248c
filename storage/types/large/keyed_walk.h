/*
 * keyed_walk.h - where a walk through a set or a hash is. Its fields are keyed.h's. Threads: one owner.
 */
#ifndef STORAGE_TYPES_LARGE_KEYED_WALK_H
#define STORAGE_TYPES_LARGE_KEYED_WALK_H

#include <stdint.h>

#include "storage/types/blocks/packed_walk.h"

struct value;

struct keyed_walk {
    const struct value *value;
    uint64_t next; /* bucket, or integer */
    struct packed_walk block;
};

#endif
