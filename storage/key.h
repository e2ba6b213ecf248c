/*
 * key.h - the name of an entry and its hash, computed once per request.
 *
 * The hash is XXH3-64 under a seed drawn when the process starts, so that nobody can choose keys that
 * collide. Its bits serve three ends: the top ones choose the shard, the low 28 the bucket, the 16 above
 * those are the tag in the slot. The low 44 bits alone find an entry again inside its table (expiry tokens
 * carry no more).
 *
 * Threads: plain values.
 */
#ifndef STORAGE_KEY_H
#define STORAGE_KEY_H

#include <stdint.h>

#include "proto/base/slice.h"

struct key {
    struct slice name; /* borrowed */
    uint64_t hash;
};

uint64_t key_hash(uint64_t seed, struct slice name);

#define KEY_TOKEN_BITS 44

static inline uint16_t key_tag(uint64_t hash)
{
    return (uint16_t)(hash >> 28);
}

#endif
