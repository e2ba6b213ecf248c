/*
 * watch.h - WATCH: keys that must not change before a client's EXEC.
 *
 * A key that somebody watches has a mark in a table beside its shard, one for each client that watches it.
 * Whoever changes the key, under the shard's lock, sets a word of that client; EXEC looks at the word inside
 * an access that covers what it watches and what it executes, so that nothing comes between.
 *
 *     WATCH      inside an access to its keys: watch_key()
 *     a change   under the shard's lock: watch_on_change(), watch_on_flush()
 *     EXEC       inside its access: watch_holds(), then watch_end()
 *
 * A key that has run out by the time of EXEC was changed by that, whether somebody has noticed or not. One
 * that had run out before it was watched is simply not there.
 *
 * The table has a lock of its own, a leaf: a client that leaves takes its marks with it without an access.
 *
 * Threads: the loop of the session, but for the changes. Memory: a mark takes some 100 bytes and the name,
 * on the account of its client.
 */
#ifndef SERVER_EVENTS_WATCH_WATCH_H
#define SERVER_EVENTS_WATCH_WATCH_H

#include <stdbool.h>

struct call;
struct change;
struct changes;
struct flush;
struct loop;
struct session;
struct shard_events;
struct watched_keys;

/* Give each shard its table; before the loops run. */
void watch_create(struct changes *changes, unsigned shards, struct loop *loops, unsigned loop_count);
void watch_destroy(struct changes *changes, unsigned shards);

/* Watch argv[arg]. Nothing happens if it is watched already. */
void watch_key(struct call *call, int arg);
/* Is everything as it was? The access of `call` covers watches_shards(). */
bool watch_holds(struct call *call);
/* Watch nothing any more. */
void watch_end(struct session *session);

/* Under the lock of the key's shard. */
void watch_on_change(struct shard_events *events, const struct change *change);
/* Inside the access to all shards: before anything is emptied, or after the exchange. */
void watch_on_flush(struct shard_events *events, unsigned shard, const struct flush *flush);

#endif
