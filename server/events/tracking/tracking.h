/*
 * tracking.h - CLIENT TRACKING: clients that keep copies of keys are told when a key changes.
 *
 * A client that tracks has a tracker (trackers.h). What it reads is remembered with the key, in a table
 * beside the shard (tracked_keys.h), inside the access in which it read: no change comes between. Whoever
 * changes the key takes it out of there, under the same lock, and notes whom to tell (news.h). With BCAST
 * nothing is remembered, and whoever wants a key by its prefix is told of each change.
 *
 *     a read     inside its access, behind the handler         tracking_on_read()
 *     a change   under the shard's lock                         tracking_on_change(), tracking_on_flush()
 *     the news   behind the command, if it is one's own         tracking_on_end()
 *                else before any reply leaves                   tracking_post()
 *
 * So whoever has seen a write acknowledged, anywhere, and then asks on the connection of a client that tracks
 * finds the invalidation before the answer.
 *
 * With an upstream the keys here are copies: nobody is told of those that are evicted or run out, and what
 * this server learns of the upstream's keys is told by tracking_learn().
 *
 * Threads: as each function says. Errors: none.
 */
#ifndef SERVER_EVENTS_TRACKING_TRACKING_H
#define SERVER_EVENTS_TRACKING_TRACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/table/key.h"

struct buffer;
struct call;
struct change;
struct changes;
struct keyspace;
struct loop;
struct session;
struct tracker;
struct tracker_wish;
struct tracking;

/* Where the keys here are copies of an upstream's. Each is called on the loop of the session. */
struct tracking_source {
    /* Will this server learn when the upstream's key changes? */
    bool (*follows)(const struct loop *loop, struct slice key);
    /* Were local copies the truth a moment ago? */
    bool (*is_fresh)(const struct loop *loop);
    /* Do clients change keys here, while there is no upstream? */
    bool (*is_alone)(const struct loop *loop);
    /* As session_push(), but behind all replies that have come for it. */
    void (*push)(struct session *session, struct slice bytes);
    bool (*is_subscribed)(const struct session *session);
    bool (*is_in_transaction)(const struct session *session);
};

struct tracking_options {
    struct keyspace *keyspace;
    struct changes *changes;
    struct loop *loops;
    unsigned loop_count;
    const struct tracking_source *source; /* NULL: without an upstream */
};

/* Before the loops run. All is borrowed, and outlives it. */
struct tracking *tracking_create(const struct tracking_options *options);
/* When no loop runs any more and all sessions have left. */
void tracking_destroy(struct tracking **tracking);

/* Of a session, on its loop: it begins, any, and ends, whether it tracks or others redirect to it or not. */
void tracking_enter(struct session *session);
void tracking_leave(struct session *session);
/* Is there a session of that id, at which loop? */
bool tracking_knows(const struct session *session, uint64_t other, unsigned *loop);

/* CLIENT TRACKING ON and OFF. What is wished for was found to be possible. */
void tracking_turn_on(struct session *session, const struct tracker_wish *wish);
void tracking_turn_off(struct session *session);

/* The session that is told in its stead, 0 for itself; -1: it does not track. */
int64_t tracking_redirect(const struct session *session);

/* A session that has ever tracked is about to read a key of that hash. Does nothing where others may change
 * the table meanwhile: with several loops. */
void tracking_prefetch(const struct session *session, uint64_t hash);
/* A moment later: who has it stands elsewhere, where they are many. */
void tracking_prefetch_readers(const struct session *session, uint64_t hash);
/* A command that only reads has run for a session that tracks; its access is open. */
void tracking_on_read(struct call *call);
/* Will this read be remembered, and under which number? For one that waits: it is remembered as it begins to,
 * forgotten by the change that ends its wait, and to be remembered again when it is served. */
bool tracking_is_noting(const struct call *call, uint32_t *number);
/* Under the lock of the key's shard, by whoever serves it; `call` is the server's. */
void tracking_remember(struct call *call, struct key key, uint32_t number);
/* A command of a session that has ever tracked, or EXEC with all that was queued, is at its end, its access
 * closed and its reply written, and there is something to be posted or GATE_END is set. */
void tracking_on_end(struct call *call);

/* Under the lock of that shard, which it may not stay behind. */
void tracking_on_change(struct loop *loop, unsigned shard, const struct change *change);
/* Inside an access to all shards: any key may be another. */
void tracking_on_flush(struct loop *loop);
/* Tags, by their hashes, were invalidated, just now, and nobody knows of which keys: who has read a value
 * with one of them is told that any key may have changed, and so is who is told by prefix or in another's
 * stead. What is remembered of readers stays, and may tell them once more. Inside an access or not. */
void tracking_on_bump(struct loop *loop, const uint64_t *tags, size_t count);
/* Outside of an access, before a reply leaves. */
void tracking_post(struct loop *loop);
/* The same, ten times a second: keys above `tracking-table-max-keys` are forgotten, a few hundred at a time.
 */
void tracking_look_at_limit(struct loop *loop);

/* With an upstream, outside of an access: what is read up there is remembered before it is asked for. When
 * its reply has been written it is either still known, or it has changed in between, and the client is told
 * once more, behind the reply. */

/* Will a read of this session, whose command is at hand, be remembered? */
bool tracking_wants_reads(const struct session *session);
/* The session's command, on its way, reads the key. */
void tracking_begin_read(struct session *session, struct key key);
/* It has been replied to, here or up there: append to `told` what it is to be told of the key, if anything.
 * Where others are told in its stead, that is sent to them. */
void tracking_end_read(struct session *session, struct key key, struct buffer *told);

/* The upstream's key has changed, by the session of that id; 0: by somebody else. When no copy of it is here
 * any more. */
void tracking_learn(struct loop *loop, struct key key, uint64_t origin);
/* Any key may have. */
void tracking_learn_all(struct loop *loop);
/* Is anybody to be told of a change of this key? */
bool tracking_hears(struct loop *loop, struct key key);
/* Nobody will tell of changes any more: close the clients that wait to be told by prefix. */
void tracking_end_broadcasts(struct loop *loop);

struct tracking_counts {
    size_t clients;
    size_t keys;
    size_t items; /* pairs of a key and a client */
    size_t prefixes;
};
struct tracking_counts tracking_counts(const struct tracking *tracking);
/* What the tables of tracked keys take, but for those that a flush has dropped. By any thread. */
size_t tracking_bytes(const void *tracking);

#endif
