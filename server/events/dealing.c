#include "server/events/dealing.h"

#include <stddef.h>
#include <stdint.h>

#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/blocking/blocking.h"
#include "server/events/changes.h"
#include "server/events/lease/leasing.h"
#include "server/events/notify.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/tracking/tracking.h"
#include "server/events/watch/watch.h"
#include "storage/keyspace/keyspace.h"

/* The parts stand in the order in which they hear of a change: marks of watchers and the tracking table
 * first, which only note it; then whose work it makes void and whose wait it ends; last its announcement.
 * Each is behind its bit. */
static void modified(const struct keyspace *keyspace, unsigned shard, const struct change *change)
{
    uint32_t heard = keyspace_listened(keyspace, shard);
    if (heard & CHANGES_WATCH) watch_on_change(changes_shard(loop_of_thread()->changes, shard), change);
    if (heard & CHANGES_TRACKING) tracking_on_change(loop_of_thread(), shard, change);
}

static void on_change(void *context, unsigned shard, const struct change *change)
{
    const struct keyspace *keyspace = context;
    if (change_modifies(change->class)) modified(keyspace, shard, change);
    if ((keyspace_listened(keyspace, shard) & CHANGES_LEASE) != 0)
        leasing_on_change(loop_of_thread(), shard, change);
    if ((keyspace_listened(keyspace, shard) & CHANGES_BLOCKING) != 0)
        blocking_on_change(loop_of_thread(), shard, change);
    if ((keyspace_listened(keyspace, shard) & CHANGES_NOTIFY) != 0)
        notify_on_change(loop_of_thread(), change);
}

static void break_watches(struct loop *loop, const struct flush *flush)
{
    const struct keyspace *keyspace = loop->server->keyspace;
    for (unsigned i = 0; i < keyspace_shards(keyspace); i++)
        if (keyspace_listened(keyspace, i) & CHANGES_WATCH)
            watch_on_flush(changes_shard(loop->changes, i), i, flush);
}

void dealing_on_flush(struct loop *loop, const struct flush *flush)
{
    REQUIRE(loop != NULL && flush->access != NULL);
    break_watches(loop, flush);
    tracking_on_flush(loop);
    leasing_on_flush(loop, flush);
    blocking_on_flush(loop, flush);
}

static void post(struct loop *loop)
{
    loop->unposted = false;
    tracking_post(loop);
    blocking_post(loop);
    notify_post(loop);
    pubsub_post(loop);
}

void dealing_begin(struct changes *changes, struct keyspace *keyspace, struct loop *loops,
                   unsigned loop_count)
{
    for (unsigned i = 0; i < loop_count; i++) {
        loops[i].changes = changes;
        loops[i].post = post;
    }
    keyspace_listen(keyspace, &(struct change_listener){ .changed = on_change, .context = keyspace });
}
