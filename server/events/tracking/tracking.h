/*
 * tracking.h - CLIENT TRACKING: clients that keep copies of keys are told when a key changes.
 *
 * A client that tracks has a tracker (trackers.h). What it reads is remembered with the key, in a table
 * beside the shard (tracked_keys.h), inside the access in which it read: no change comes between. Whoever
 * changes the key takes it out of there, under the same lock, and notes whom to tell (news.h). With BCAST
 * nothing is remembered, and whoever wants a key by its prefix is told of each change.
 *
 *     read     inside the access, behind the handler                   tracking_on_read()
 *     change   under the shard's lock, from the stream of changes      tracking_on_change(),
 * tracking_on_flush() told     behind the command, if it is the client's own           tracking_on_end()
 *              otherwise before a reply leaves                         tracking_post()
 *
 * So whoever has seen a write acknowledged, anywhere, and then asks on the connection of a client that tracks
 * finds the invalidation before the answer.
 *
 * With an upstream the keys here are copies: nobody is told of those that are evicted or run out, and what
 * the tier learns is told by tracking_learned().
 *
 * Threads: as each function says. Errors: none.
 */
#ifndef SERVER_EVENTS_TRACKING_TRACKING_H
#define SERVER_EVENTS_TRACKING_TRACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;
struct change;
struct changes;
struct keyspace;
struct loop;
struct session;
struct tracker;
struct tracker_wish;
struct tracking;

struct tracking_options {
    struct keyspace *keyspace;
    struct changes *changes;
    struct loop *loops;
    unsigned loop_count;
    bool learns; /* of changes from an upstream */
};

/* Before the loops run. All is borrowed, and outlives it. */
struct tracking *tracking_create(const struct tracking_options *options);
/* When no loop runs any more and all sessions have left. */
void tracking_destroy(struct tracking **tracking);

/* --- of a session, on its loop ---------------------------------------------------------------------------
 */

/* It begins, any, and ends, whether it tracks or others redirect to it or not. */
void tracking_enter(struct session *session);
void tracking_leave(struct session *session);
/* Is there a session of that id, at which loop? */
bool tracking_knows(const struct session *session, uint64_t other, unsigned *loop);

/* CLIENT TRACKING ON and OFF. What is wished for was found to be possible. */
void tracking_turn_on(struct session *session, const struct tracker_wish *wish);
void tracking_turn_off(struct session *session);

/* The session that is told in its stead, 0 for itself; -1: it does not track. */
int64_t tracking_redirect(const struct session *session);

/* A command that only reads has run for a session that tracks; its access is open. */
void tracking_on_read(struct call *call);
/* A command of a session that has ever tracked, or EXEC with all that was queued, is at its end, its access
 * closed and its reply written. */
void tracking_on_end(struct call *call);

/* --- of a loop -------------------------------------------------------------------------------------------
 */

/* Under the lock of that shard, which it may not stay behind. */
void tracking_on_change(struct loop *loop, unsigned shard, const struct change *change);
/* Inside an access to all shards: any key may be another. */
void tracking_on_flush(struct loop *loop);
/* Outside of an access, before a reply leaves. */
void tracking_post(struct loop *loop);
/* The same, ten times a second: keys above `tracking-table-max-keys` are forgotten, a few hundred at a time.
 */
void tracking_look_at_limit(struct loop *loop);

/* --- any -------------------------------------------------------------------------------------------------
 */

struct tracking_counts {
    size_t clients;
    size_t keys;
    size_t items; /* pairs of a key and a client */
    size_t prefixes;
};
struct tracking_counts tracking_counts(const struct tracking *tracking);

#endif
