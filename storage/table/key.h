/*
 * key.h - the name of an entry and its hash, computed once per request.
 *
 * The hash is XXH3-64 under a seed drawn when the process starts, so that nobody can choose keys that
 * collide. Its bits serve three ends: the top ones choose the shard, the low 28 the bucket, the 12 above
 * those are the tag in the slot.
 *
 * Threads: plain values.
 */
#ifndef STORAGE_TABLE_KEY_H
#define STORAGE_TABLE_KEY_H

#include <stdint.h>

#include "proto/base/slice.h"

struct key {
    struct slice name; /* borrowed */
    uint64_t hash;
};

uint64_t key_hash(uint64_t seed, struct slice name);

static inline uint16_t key_tag(uint64_t hash)
{
    return (uint16_t)(hash >> 28 & 0xfff);
}

#endif
