/*
 * topic.h - a name that somebody has subscribed to, and a table of such names.
 *
 * A topic is a channel, a shard channel or a pattern. It is there as long as it has subscribers; of each loop
 * that has some it knows their audience (audience.h), into which only that loop may look.
 *
 * Threads: whoever guards the table. Ownership: topics are the table's, audiences their loops'.
 */
#ifndef SERVER_EVENTS_PUBSUB_TOPIC_H
#define SERVER_EVENTS_PUBSUB_TOPIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/chains.h"
#include "proto/base/slice.h"

struct audience;

enum topic_kind { TOPIC_CHANNEL, TOPIC_PATTERN, TOPIC_SHARD_CHANNEL, TOPIC_KINDS };

struct topic {
    struct chain chain;   /* in the table of its kind; with the hash of its name */
    uint64_t subscribers; /* of all loops */
    struct slice name;
    enum topic_kind kind;
    size_t at;                    /* of a pattern, in the registry's list */
    size_t plain;                 /* bytes at the start of a pattern that stand for themselves */
    bool open;                    /* of a pattern: behind them is a star and nothing else */
    struct audience *audiences[]; /* by loop; NULL: nobody there */
};

/* All zero is an empty one. */
struct topic_table {
    struct chains chains;
};

/* Without subscribers. Freed with topic_destroy(). */
struct topic *topic_create(enum topic_kind kind, struct slice name, uint64_t hash, unsigned loops);
void topic_destroy(struct topic **topic);
/* What one takes of memory. */
size_t topic_bytes(struct slice name, unsigned loops);
/* Does the pattern match this channel? */
bool topic_matches(const struct topic *pattern, struct slice channel);

/* NULL: nobody has subscribed to it. */
struct topic *topic_table_find(const struct topic_table *table, struct slice name, uint64_t hash);
/* It is not there yet. */
void topic_table_add(struct topic_table *table, struct topic *topic);
/* It is; it becomes the caller's. */
void topic_table_take(struct topic_table *table, struct topic *topic);
/* Destroys all topics that are left. */
void topic_table_clear(struct topic_table *table);

#endif
