/*
 * changes.h - the stream of changes: who hears of which shard.
 *
 * The keyspace has one listener, dealing.h. It deals each change (change.h) to the parts that hear of it:
 * watched keys, the tracking table, leases, blocked clients, notifications. They stand beside it in this
 * folder, each with its bit of CHANGES_..., and are called under the lock of the change's shard: what must be
 * atomic with a change is done there. What concerns others is only collected, and leaves when the loop posts,
 * after the access is closed and before any reply leaves.
 *
 * A part hears of all shards, or of those alone in which it has something: then it says so under the lock of
 * each. A shard that nobody hears of pays a branch for a change.
 *
 * What a part remembers of keys stands in side tables of their shard, `struct shard_events`, guarded by the
 * shard's lock; what a loop has collected, with that loop.
 *
 * Threads: as each function says. The listener runs on loops' threads.
 */
#ifndef SERVER_EVENTS_CHANGES_H
#define SERVER_EVENTS_CHANGES_H

#include <stdint.h>

#include "storage/shard/change.h"

struct access;
struct changes;
struct keyspace;
struct watched_keys;

enum changes_part {
    CHANGES_WATCH = 1 << 0,
    CHANGES_TRACKING = 1 << 1,
    CHANGES_BLOCKING = 1 << 2,
    CHANGES_NOTIFY = 1 << 3,
    CHANGES_LEASE = 1 << 4,
};

/* The side tables of a shard: each is its part's, NULL until that makes it. */
struct shard_events {
    struct watched_keys *watched;
};

/* Of this keyspace, which outlives it. */
struct changes *changes_create(struct keyspace *keyspace);
/* The parts have stopped listening. */
void changes_destroy(struct changes **changes);

/* Under the shard's lock. */
struct shard_events *changes_shard(struct changes *changes, unsigned shard);

/* From now on the part hears of all shards, until it has said as often that it need not. Any thread, inside
 * an access or not. What another loop is doing at this moment may escape it; what it begins later does not.
 */
void changes_listen(struct changes *changes, enum changes_part part);
void changes_unlisten(struct changes *changes, enum changes_part part);
/* The same of one shard, under its lock: whoever opens it next is heard. */
void changes_listen_in(struct changes *changes, unsigned shard, enum changes_part part);
void changes_unlisten_in(struct changes *changes, unsigned shard, enum changes_part part);

/* Whole databases change. No key of them is reported besides. */
struct flush {
    enum { FLUSH_DATABASE, FLUSH_ALL, FLUSH_SWAP } kind;
    unsigned db;           /* emptied, or exchanged */
    unsigned other_db;     /* with this one */
    struct access *access; /* to all shards */
    int64_t now_ms;
    uint64_t origin; /* the session; 0: none */
};

#endif
