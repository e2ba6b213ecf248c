#include "server/events/changes.h"

#include <pthread.h>
#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/core/burials.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/blocking.h"
#include "server/events/notify.h"
#include "server/events/pubsub.h"
#include "server/events/tracking/tracking.h"
#include "server/events/watch.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/rank.h"

#define PARTS 4

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

/* The parts stand in the order in which they hear of a change: marks of watchers and the tracking table
 * first, which only note it; then whose wait it ends; last its announcement. Each is behind its bit. */
static void modified(struct changes *changes, unsigned shard, const struct change *change)
{
    uint32_t heard = keyspace_listened(changes->keyspace, shard);
    if (heard & CHANGES_WATCH) watch_on_change(&changes->parts[shard].events, change);
    if (heard & CHANGES_TRACKING) tracking_on_change(loop_of_thread(), shard, change);
}

static void on_change(void *context, unsigned shard, const struct change *change)
{
    struct changes *changes = context;
    if (change_modifies(change->class)) modified(changes, shard, change);
    if ((keyspace_listened(changes->keyspace, shard) & CHANGES_BLOCKING) != 0)
        blocking_on_change(loop_of_thread(), shard, change);
    if ((keyspace_listened(changes->keyspace, shard) & CHANGES_NOTIFY) != 0)
        notify_on_change(loop_of_thread(), change);
}

static void break_watches(struct changes *changes, const struct flush *flush)
{
    for (unsigned i = 0; i < changes->shards; i++)
        if (keyspace_listened(changes->keyspace, i) & CHANGES_WATCH)
            watch_on_flush(&changes->parts[i].events, i, flush);
}

void changes_on_flush(struct loop *loop, const struct flush *flush)
{
    REQUIRE(loop != NULL && flush->access != NULL);
    break_watches(loop->changes, flush);
    tracking_on_flush(loop);
    blocking_on_flush(loop, flush);
}

static void post(struct loop *loop)
{
    loop->unposted = false;
    burials_ring(loop->server->burials);
    tracking_post(loop);
    blocking_post(loop);
    notify_post(loop);
    pubsub_post(loop);
}

struct changes *changes_create(struct keyspace *keyspace, struct loop *loops, unsigned loop_count)
{
    unsigned shards = keyspace_shards(keyspace);
    struct changes *changes = alloc_zeroed(sizeof(*changes) + shards * sizeof(changes->parts[0]));
    changes->keyspace = keyspace;
    changes->shards = shards;
    pthread_mutex_init(&changes->lock, NULL);
    for (unsigned i = 0; i < loop_count; i++) {
        loops[i].changes = changes;
        loops[i].post = post;
    }
    keyspace_listen(keyspace, &(struct change_listener){ .changed = on_change, .context = changes });
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
