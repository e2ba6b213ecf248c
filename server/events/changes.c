#include "server/events/changes.h"

#include <pthread.h>
#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/rank.h"

#define PARTS 5

struct shard_parts {
    struct shard_events events;
    uint32_t wanted[PARTS]; /* how often each part has asked to hear of the shard */
};

struct changes {
    struct keyspace *keyspace;
    pthread_mutex_t lock; /* of `wanted` and of the shards' words; a leaf */
    unsigned shards;
    struct shard_parts parts[];
};

static void want(struct changes *changes, unsigned shard, enum changes_part part)
{
    uint32_t *wanted = &changes->parts[shard].wanted[__builtin_ctz(part)];
    uint32_t heard = keyspace_listened(changes->keyspace, shard);
    if ((*wanted)++ == 0) keyspace_set_listened(changes->keyspace, shard, heard | part);
}

static void unwant(struct changes *changes, unsigned shard, enum changes_part part)
{
    uint32_t *wanted = &changes->parts[shard].wanted[__builtin_ctz(part)];
    uint32_t heard = keyspace_listened(changes->keyspace, shard);
    REQUIRE(*wanted > 0);
    if (--(*wanted) == 0) keyspace_set_listened(changes->keyspace, shard, heard & ~(uint32_t)part);
}

void changes_listen(struct changes *changes, enum changes_part part)
{
    leaf_lock(&changes->lock);
    for (unsigned i = 0; i < changes->shards; i++) want(changes, i, part);
    leaf_unlock(&changes->lock);
}

void changes_unlisten(struct changes *changes, enum changes_part part)
{
    leaf_lock(&changes->lock);
    for (unsigned i = 0; i < changes->shards; i++) unwant(changes, i, part);
    leaf_unlock(&changes->lock);
}

void changes_listen_in(struct changes *changes, unsigned shard, enum changes_part part)
{
    leaf_lock(&changes->lock);
    want(changes, shard, part);
    leaf_unlock(&changes->lock);
}

void changes_unlisten_in(struct changes *changes, unsigned shard, enum changes_part part)
{
    leaf_lock(&changes->lock);
    unwant(changes, shard, part);
    leaf_unlock(&changes->lock);
}

struct changes *changes_create(struct keyspace *keyspace)
{
    unsigned shards = keyspace_shards(keyspace);
    struct changes *changes = alloc_zeroed(sizeof(*changes) + shards * sizeof(changes->parts[0]));
    changes->keyspace = keyspace;
    changes->shards = shards;
    pthread_mutex_init(&changes->lock, NULL);
    return changes;
}

void changes_destroy(struct changes **changes)
{
    pthread_mutex_destroy(&(*changes)->lock);
    alloc_free(*changes);
    *changes = NULL;
}

struct shard_events *changes_shard(struct changes *changes, unsigned shard)
{
    REQUIRE(shard < changes->shards);
    return &changes->parts[shard].events;
}
