/*
 * shard_name.h - the name of a key, by its hash.
 *
 * For what remembers keys by their hash alone, and has to name one after all.
 *
 * Threads: the shard's lock.
 */
#ifndef STORAGE_SHARD_SHARD_NAME_H
#define STORAGE_SHARD_SHARD_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct shard;

/* Of a key that is in any of the databases, past its deadline or not. Good until the shard is written to. */
bool shard_find_name(struct shard *shard, uint64_t hash, struct slice *name);

#endif
