/*
 * pubsub.h - messages, from whoever publishes them to whoever has subscribed.
 *
 * Who publishes looks into the registry (pubsub_registry.h), counts the receivers of all loops, tells those
 * of its own loop at once and mails the message to the others. What one loop publishes arrives everywhere in
 * the order in which it was published.
 *
 * The count is exact: who subscribes or unsubscribes on another loop at that moment comes before the
 * publication and is told it, or after it, and is not. Therefore that loop first hands out all that was
 * mailed to it before.
 *
 * Whoever publishes faster than others hand out waits for them (WAIT_READERS), and for clients of its own
 * loop (WAIT_SHEET), so that what is on its way between loops has a bound: a megabyte in each box, and one
 * command more of each client.
 *
 * Threads: the loop of the session, or that which publishes. Nothing here waits; the kernel is called by
 * pubsub_post() alone.
 */
#ifndef SERVER_EVENTS_PUBSUB_PUBSUB_H
#define SERVER_EVENTS_PUBSUB_PUBSUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/events/pubsub/topic.h"

struct loop;
struct pubsub;
struct pubsub_registry;
struct session;

/* Of these loops, which outlive it; `seed` is drawn at random, for the hashes of channels. */
struct pubsub *pubsub_create(struct loop *loops, unsigned loop_count, uint64_t seed);
/* When no loop runs any more and all sessions have left. */
void pubsub_destroy(struct pubsub **pubsub);

/* To be read: counts of topics, who hears of keys. */
struct pubsub_registry *pubsub_registry_of(struct pubsub *pubsub);
uint64_t pubsub_hash(const struct pubsub *pubsub, struct slice name);

/* False: it has already, or had not. */
bool pubsub_subscribe(struct session *session, enum topic_kind kind, struct slice name);
bool pubsub_unsubscribe(struct session *session, enum topic_kind kind, struct slice name);
/* Unsubscribe from everything: a session that ends, or RESET. */
void pubsub_leave(struct session *session);

/* Subscriptions of one kind; as Redis tells them, which counts patterns as channels. */
size_t pubsub_count(const struct session *session, enum topic_kind kind);
size_t pubsub_told_count(const struct session *session, enum topic_kind kind);
/* The name that it has subscribed to first, of those that are left; good until it unsubscribes. False: none.
 */
bool pubsub_first(const struct session *session, enum topic_kind kind, struct slice *name);

/* Does what `holds` says hold of every name that it has subscribed to? */
bool pubsub_all(const struct session *session, enum topic_kind kind,
                bool (*holds)(struct slice name, void *context), void *context);

/* Send the message to all who have subscribed to the channel, or shard channel; how many they are. Also
 * inside of an access: it is sent to sessions of this loop with the end of the turn, and to other loops with
 * pubsub_post(). */
uint64_t pubsub_publish(struct loop *loop, enum topic_kind kind, struct slice channel, struct slice message);
/* Other loops have not handed out yet what this one has published, and it is enough for now. */
bool pubsub_is_ahead(struct loop *loop);
/* Wake the loops that were mailed something. Outside of an access, before a reply leaves. */
void pubsub_post(struct loop *loop);

#endif
