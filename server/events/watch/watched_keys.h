/*
 * watched_keys.h - the keys of a shard that clients watch.
 *
 * A hash table of marks: one for each pair of a key and a client. Those of one client are chained besides, so
 * that it finds its own when it leaves.
 *
 * Threads: each table has a lock, a leaf; watches.changed is set by whoever holds it and read by anyone.
 * Ownership: a mark is made by watched_keys_add() and freed by watched_keys_remove(), on the loop of its
 * client; the name stands behind it.
 */
#ifndef SERVER_EVENTS_WATCH_WATCHED_KEYS_H
#define SERVER_EVENTS_WATCH_WATCHED_KEYS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proto/base/chains.h"
#include "server/exec/transaction/watches.h"
#include "storage/table/key.h"

struct watched_keys;

struct watch_mark {
    struct chain others;         /* in the table, by the hash of the key */
    SLIST_ENTRY(watch_mark) own; /* of the same client */
    struct watches *watches;
    struct watched_keys *table;
    unsigned shard;
    unsigned db;
    bool expired; /* it came by SWAPDB and had run out by then: its end is no change */
    bool shown;   /* the key was there; its client's alone */
    struct key key;
};

struct watched_keys {
    pthread_mutex_t lock;
    struct chains marks;
};

void watched_keys_init(struct watched_keys *table);
/* It is empty. */
void watched_keys_clear(struct watched_keys *table);

/* Where a mark of this client would stand. False: there is one for the key. */
bool watched_keys_add(struct watched_keys *table, struct watches *watches, unsigned shard, unsigned db,
                      struct key key);
/* Take the first of the client's marks and free it; returns its shard. */
unsigned watched_keys_remove_first(struct watches *watches);

/* `visit` each mark of the key, or every mark, under the table's lock. It changes nothing but marks and words
 * of clients. */
typedef void (*watch_visit)(void *context, struct watch_mark *mark);
void watched_keys_each_of(struct watched_keys *table, unsigned db, struct key key, watch_visit visit,
                          void *context);
void watched_keys_each(struct watched_keys *table, watch_visit visit, void *context);

#endif
