/*
 * keyspace_state.h - what a keyspace is made of, for keyspace.c, access*.* and hold.c only.
 */
#ifndef STORAGE_KEYSPACE_KEYSPACE_STATE_H
#define STORAGE_KEYSPACE_KEYSPACE_STATE_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "storage/evict/budget.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"

/* A line of its own for each lock: neighbours are taken by other threads. */
struct stripe {
    alignas(64) pthread_mutex_t lock;
    struct shard *shard;
    bool kept; /* for long: hold.h. Guarded by the lock, which is free meanwhile */
};

struct keyspace {
    unsigned shift; /* of a hash halved, so that one shard needs no special case */
    bool locking;
    struct keyspace_options options;
    struct stripe *stripes;
    struct database_set used;
    struct bumps *bumps;
    struct media_types *media_types;
    struct tag_names *tag_names;
    struct stripe token; /* access.h; it has no shard */
    /* Apart from what all read and nobody writes. */
    alignas(64) _Atomic uint32_t heard; /* shards that somebody listens to */
    _Atomic uint64_t waiting;           /* for what is kept, a bit for each waiter: hold.h */
    _Atomic uint64_t owed; /* of those, who must have asked again before anything is kept again */
    struct budget budget;
};

static inline unsigned keyspace_shard_at(const struct keyspace *keyspace, uint64_t hash)
{
    return (unsigned)(hash >> 1 >> keyspace->shift);
}

#endif
