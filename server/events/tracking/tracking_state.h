/*
 * tracking_state.h - what tracking is made of, for tracking*.c only.
 */
#ifndef SERVER_EVENTS_TRACKING_TRACKING_STATE_H
#define SERVER_EVENTS_TRACKING_TRACKING_STATE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/random.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/tracking/tracked_keys.h"
#include "server/events/tracking/tracking.h"

/* A table that was emptied at once, to be freed in steps. */
struct dropped_keys {
    struct tracked_keys keys;
    size_t at;
};

struct tracking_loop {
    alignas(64) struct news *news;
    /* What this loop has added, less what it has taken: the sums over all loops are the totals. Written by
     * the loop, read by all. */
    _Atomic int64_t keys;
    _Atomic int64_t items;
    struct dropped_keys *dropped;
    size_t dropped_count;
    struct random random;
    _Atomic bool learned; /* something of an upstream's keys that is not posted yet */
    unsigned times_over;  /* how often in a row there were more keys than the limit, after an effort */
};

struct tracking {
    struct tracking_options options;
    struct trackers *trackers;
    struct whereabouts *whereabouts;
    struct tracked_keys *tables; /* of each shard, guarded by its lock */
    struct tracking_loop loops[];
};

struct access;
struct tracker;

static inline struct tracking_loop *tracking_loop(const struct loop *loop)
{
    return &loop->server->tracking->loops[loop->index];
}

static inline void tracking_count(struct tracking_loop *loop, int64_t keys, int64_t items)
{
    int64_t keys_before = atomic_load_explicit(&loop->keys, memory_order_relaxed);
    int64_t items_before = atomic_load_explicit(&loop->items, memory_order_relaxed);
    atomic_store_explicit(&loop->keys, keys_before + keys, memory_order_relaxed);
    atomic_store_explicit(&loop->items, items_before + items, memory_order_relaxed);
}

/* The table of this shard, whose lock is held. */
static inline struct tracked_keys *tracking_keys(const struct tracking *tracking, unsigned shard)
{
    return &tracking->tables[shard];
}

/* tracking_changes.c */
/* Somebody reads the first key there, and the last is forgotten: changes of the shard are of interest or not.
 */
void tracking_hear(struct tracking *tracking, unsigned shard);
/* A key that was taken out: note it for all who had it; session `origin` changed it, 0: nobody did. Then let
 * it go. */
void tracking_note(struct loop *loop, const struct tracked *tracked, struct slice name, uint64_t origin);
void tracking_forget(struct loop *loop, unsigned shard, struct tracked *tracked);
/* Free up to `pages` of the table that was dropped last. True: it is gone. */
bool tracking_bury(struct tracking_loop *loop, size_t pages);

/* tracking_tags.c */
/* The session has read a key, whose shard is open: note which tags the value has. False: one of them was
 * bumped since it was born, as others may know already. */
bool tracking_note_tags(struct session *session, struct access *access, unsigned db, struct key key);
/* Of its own loop: has it read a value with one of these tags? It is being told so: forget them all. */
bool tracking_take_tags(struct tracker *tracker, const char *tags, size_t count);

/* tracking_limit.c */
bool tracking_is_over_limit(const struct tracking *tracking);
/* Forget some keys, and note for whom. Outside of an access. */
void tracking_forget_some(struct loop *loop);

#endif
