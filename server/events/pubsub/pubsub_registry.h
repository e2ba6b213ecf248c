/*
 * pubsub_registry.h - all that anybody has subscribed to, and which loops have to be told.
 *
 * Channels are spread over stripes by their hash, each with its own lock; patterns, which every publication
 * looks at, stand in one list that is read by all at once and written by one. What is done between locking
 * and unlocking is one step for everybody: who publishes there counts exactly those who have subscribed
 * before, and what is mailed there to the loops comes after all that was mailed before.
 *
 * Threads: any. Under its locks nothing else is locked, and nothing waits; a server with one loop locks
 * nothing.
 */
#ifndef SERVER_EVENTS_PUBSUB_PUBSUB_REGISTRY_H
#define SERVER_EVENTS_PUBSUB_PUBSUB_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/events/pubsub/topic.h"

struct pubsub_registry;

struct pubsub_registry *pubsub_registry_create(unsigned loops);
/* Nobody is subscribed to anything, or no loop runs any more. */
void pubsub_registry_destroy(struct pubsub_registry **registry);

/* Nobody publishes to a channel of this hash meanwhile; of TOPIC_PATTERN: to any. */
void pubsub_registry_lock(struct pubsub_registry *registry, enum topic_kind kind, uint64_t hash);
void pubsub_registry_unlock(struct pubsub_registry *registry, enum topic_kind kind, uint64_t hash);

/* Locked. The topic of that name, made if it is new, with one subscriber more. Its audience of the loop that
 * subscribes is for the caller to set. */
struct topic *pubsub_registry_enter(struct pubsub_registry *registry, enum topic_kind kind, struct slice name,
                                    uint64_t hash);
/* Locked. One subscriber less. The topic is gone with its last one. */
void pubsub_registry_leave(struct pubsub_registry *registry, struct topic *topic);

/* The topics that a message goes to: its channel, if anybody has subscribed to it, then patterns. */
struct pubsub_walk {
    struct pubsub_registry *registry;
    struct slice channel;
    uint64_t hash;
    enum topic_kind kind;
    bool begun;
    bool patterns; /* there may be some, and they are locked */
    size_t next_pattern;
};

/* Everything that is asked for is locked until pubsub_walk_close(). A shard channel has no patterns. */
struct pubsub_walk pubsub_walk_open(struct pubsub_registry *registry, enum topic_kind kind,
                                    struct slice channel, uint64_t hash);
/* NULL: there are no more. */
struct topic *pubsub_walk_next(struct pubsub_walk *walk);
void pubsub_walk_close(struct pubsub_walk *walk);

/* Topics of that kind. */
size_t pubsub_registry_topics(const struct pubsub_registry *registry, enum topic_kind kind);
/* Subscribers of a channel, those by patterns not among them. */
uint64_t pubsub_registry_subscribers(struct pubsub_registry *registry, enum topic_kind kind,
                                     struct slice name, uint64_t hash);
/* Calls `visit` with the name of each channel. It is called under a lock: it copies. */
void pubsub_registry_each(struct pubsub_registry *registry, enum topic_kind kind,
                          void (*visit)(void *context, struct slice name), void *context);

/* Whether anybody might hear what happens to a key: a channel of that name, or a pattern that could match
 * one. One load. */
bool pubsub_registry_hears_keys(const struct pubsub_registry *registry);   /* __keyspace@... */
bool pubsub_registry_hears_events(const struct pubsub_registry *registry); /* __keyevent@... */

#endif
