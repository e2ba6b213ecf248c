/* What happens to keys that clients have read, or want. */
#include "proto/base/alloc.h"
#include "server/events/changes.h"
#include "server/events/tracking/news.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking_state.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/change.h"

void tracking_hear(struct tracking *tracking, unsigned shard)
{
    changes_listen_in(tracking->options.changes, shard, CHANGES_TRACKING);
}

static void stop_hearing(struct tracking *tracking, unsigned shard)
{
    changes_unlisten_in(tracking->options.changes, shard, CHANGES_TRACKING);
}

void tracking_forget(struct loop *loop, unsigned shard, struct tracked *tracked)
{
    struct tracking *tracking = loop->server->tracking;
    tracking_count(tracking_loop(loop), -1, -(int64_t)tracked->len);
    if (tracking_keys(tracking, shard)->len == 0) stop_hearing(tracking, shard);
    tracked_clear(tracked);
}

void tracking_note(struct loop *loop, const struct tracked *tracked, struct slice name, uint64_t origin)
{
    struct news *news = tracking_loop(loop)->news;
    for (size_t i = 0; i < tracked->len; i++) news_note(news, tracked->numbers[i], name, origin);
    loop->unposted = true;
}

/* Under the shard's lock. */
static void change_key(struct loop *loop, unsigned shard, struct key key, uint64_t origin)
{
    struct tracking *tracking = loop->server->tracking;
    struct tracked tracked;
    if (tracked_keys_take(tracking_keys(tracking, shard), key.hash, &tracked)) {
        tracking_note(loop, &tracked, key.name, origin);
        tracking_forget(loop, shard, &tracked);
    }
    if (!trackers_want(tracking->trackers, key.name)) return;
    news_note_wanted(tracking_loop(loop)->news, key.name, origin);
    loop->unposted = true;
}

/* Copies come and go, and nothing has changed by that. */
void tracking_on_change(struct loop *loop, unsigned shard, const struct change *change)
{
    const struct tracking_source *source = loop->server->tracking->options.source;
    if (source == NULL || source->is_alone(loop)) change_key(loop, shard, change->key, change->origin);
}

/* A small one is freed at once. Of the others so many may be waiting to be freed: whoever flushes faster than
 * they are frees them himself. */
#define DROPPED_BYTES_MIN 4096
#define DROPPED_MAX       256

static void drop(struct tracking_loop *here, struct tracked_keys *keys)
{
    tracking_count(here, -(int64_t)keys->len, -(int64_t)keys->items);
    if (tracked_keys_bytes(keys) < DROPPED_BYTES_MIN) {
        tracked_keys_clear(keys);
        return;
    }
    while (here->dropped_count >= DROPPED_MAX) tracking_bury(here, SIZE_MAX);
    here->dropped = alloc_resize(here->dropped, (here->dropped_count + 1) * sizeof *here->dropped);
    here->dropped[here->dropped_count++] = (struct dropped_keys){ .keys = *keys };
    *keys = (struct tracked_keys){ 0 };
}

void tracking_on_flush(struct loop *loop)
{
    struct tracking *tracking = loop->server->tracking;
    for (unsigned i = 0; i < keyspace_shards(tracking->options.keyspace); i++) {
        if (tracking_keys(tracking, i)->len == 0) continue;
        drop(tracking_loop(loop), tracking_keys(tracking, i));
        stop_hearing(tracking, i);
    }
    if (trackers_on(tracking->trackers) == 0) return;
    news_note_all(tracking_loop(loop)->news);
    loop->unposted = true;
}

bool tracking_bury(struct tracking_loop *loop, size_t pages)
{
    struct dropped_keys *last = &loop->dropped[loop->dropped_count - 1];
    if (tracked_keys_dig(&last->keys, &last->at, pages)) return false;
    loop->dropped_count--;
    return true;
}

void tracking_learn(struct loop *loop, struct key key, uint64_t origin)
{
    struct keyspace *keyspace = loop->server->tracking->options.keyspace;
    struct access access;
    access_get(&access, keyspace, key.hash);
    change_key(loop, keyspace_shard_of(keyspace, key.hash), key, origin);
    if (loop->unposted) atomic_store(&tracking_loop(loop)->learned, true);
    access_close(&access);
}

void tracking_learn_all(struct loop *loop)
{
    struct access access;
    if (trackers_on(loop->server->tracking->trackers) == 0) return;
    access_get_all(&access, loop->server->tracking->options.keyspace);
    tracking_on_flush(loop);
    access_close(&access);
}

void tracking_on_bump(struct loop *loop, const uint64_t *tags, size_t count)
{
    if (trackers_on(loop->server->tracking->trackers) == 0) return;
    news_note_tags(tracking_loop(loop)->news, tags, count);
    loop->unposted = true;
}

/* Nobody may have it any more because it was just learned that it has changed: that is still to be posted. */
static bool is_being_told(const struct tracking *tracking)
{
    for (unsigned i = 0; i < tracking->options.loop_count; i++)
        if (atomic_load(&tracking->loops[i].learned)) return true;
    return false;
}

bool tracking_hears(struct loop *loop, struct key key)
{
    struct tracking *tracking = loop->server->tracking;
    struct access access;
    if (trackers_want(tracking->trackers, key.name)) return true;
    if (trackers_on(tracking->trackers) == 0) return false;
    access_get(&access, tracking->options.keyspace, key.hash);
    unsigned shard = keyspace_shard_of(tracking->options.keyspace, key.hash);
    bool known = tracked_keys_know(tracking_keys(tracking, shard), key.hash);
    access_close(&access);
    return known || is_being_told(tracking);
}

void tracking_post(struct loop *loop)
{
    struct tracking_loop *here = tracking_loop(loop);
    news_post_read(here->news);
    news_post_wanted(here->news);
    atomic_store(&here->learned, false);
}
