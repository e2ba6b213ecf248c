/*
 * line.h - those who wait for one key, in the order in which they came; and the lines of one shard by key.
 *
 * Keys that are waited for are few and mostly do not exist, so the lines stand in a table beside the shard
 * and cost nothing on entries. A line is made with its first place and goes with its last.
 *
 * Whoever waits for several keys has a place in the line of each. A place may name shards besides
 * that of its key, those of the keys that serving it would write to: their union is known of a key before
 * anything is written to it, which is what lines_reach_of() is for.
 *
 * Threads: all of it is guarded by the shard's lock, but for `reach` of the table, which others may read at
 * any time to learn what they will have to look at again under the lock.
 * Ownership: a place belongs to its waiter and outlives its stay in the line; lines belong to the table.
 */
#ifndef SERVER_EVENTS_BLOCKING_LINE_H
#define SERVER_EVENTS_BLOCKING_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proto/base/chains.h"
#include "storage/keyspace/keyspace.h"
#include "storage/table/key.h"

struct line;
struct waiter;

struct line_place {
    TAILQ_ENTRY(line_place) others;
    struct line *line; /* NULL: it is in none */
    struct waiter *waiter;
    uint64_t
        shards; /* a bit for each shard that serving it writes to, besides taking from the key; mostly 0 */
    int arg;    /* of the waiter's command: the key */
};

/* How many places need each shard, and which are needed by any. */
struct line_reach {
    uint32_t places[KEYSPACE_SHARDS_MAX];
    _Atomic uint64_t shards;
};

struct line {
    struct chain chain; /* among the lines of its shard */
    TAILQ_HEAD(line_places, line_place) places;
    STAILQ_ENTRY(line) ready_others;
    size_t watching; /* places in it of those who look at a key that is there */
    bool ready;      /* in somebody's list of lines to be served: it stays, even when it runs empty */
    unsigned db;
    struct line_reach *reach; /* NULL: nobody in it needs another shard */
    struct key key;           /* its name lies behind the line */
};

/* All zero is empty. */
struct lines {
    struct chains chains;
    size_t places;
    struct line_reach reach; /* of all lines */
};

/* NULL: nobody waits for it. */
struct line *lines_find(const struct lines *lines, unsigned db, struct key key);
/* Go to the end of the line. False: its waiter stands there already, for a key that it has named twice. */
bool lines_join(struct lines *lines, unsigned db, struct key key, struct line_place *place);
/* The line may be gone afterwards. */
void lines_leave(struct lines *lines, struct line_place *place);
/* It is ready no more, and goes if it is empty. */
void lines_settle(struct lines *lines, struct line *line);
/* The shards that those need who wait for a key of that name, in any database. */
uint64_t lines_reach_of(const struct lines *lines, struct key key);
/* Every line, in no order. `visit` changes nothing. */
void lines_each(const struct lines *lines, void (*visit)(void *context, struct line *line), void *context);

void lines_check(const struct lines *lines);
/* Of a table that is empty. */
void lines_clear(struct lines *lines);

#endif
