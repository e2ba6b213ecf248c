/*
 * key_hash.h - key_hash(), inline, for the path of every request.
 *
 * Threads: no state.
 */
#ifndef STORAGE_TABLE_KEY_HASH_H
#define STORAGE_TABLE_KEY_HASH_H

#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proto/base/slice.h"

static inline uint64_t key_hash_inline(uint64_t seed, struct slice name)
{
    return XXH3_64bits_withSeed(name.data, name.len, seed);
}

#endif
