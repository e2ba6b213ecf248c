/*
 * subscriber.h - what one session has subscribed to.
 *
 * Its subscriptions stand in the order in which they were made, by kind, and are found by name. They are
 * charged to its client: each as much as the name costs if nobody else had subscribed to it.
 *
 * Threads: the loop of the session.
 */
#ifndef SERVER_EVENTS_PUBSUB_SUBSCRIBER_H
#define SERVER_EVENTS_PUBSUB_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/chains.h"
#include "proto/base/slice.h"
#include "server/events/pubsub/topic.h"

struct audience;
struct session;
struct subscriber;

struct subscription {
    struct chain by_name;
    struct audience *audience;
    struct subscription *previous; /* of its kind, earlier */
    struct subscription *next;     /* later */
    uint32_t at;                   /* in the audience */
};

struct subscriber {
    struct session *session;
    struct subscription *first[TOPIC_KINDS];
    struct subscription *last[TOPIC_KINDS];
    size_t count[TOPIC_KINDS];
    struct chains by_name;
};

struct subscriber *subscriber_create(struct session *session);
/* Without subscriptions. */
void subscriber_destroy(struct subscriber **subscriber);

/* NULL: it has not subscribed to it. */
struct subscription *subscriber_find(const struct subscriber *subscriber, enum topic_kind kind,
                                     struct slice name, uint64_t hash);
/* A new subscription, a member of the audience from now on. */
struct subscription *subscriber_add(struct subscriber *subscriber, struct audience *audience);
/* It is gone, from the audience as well. */
void subscriber_remove(struct subscriber *subscriber, struct subscription **subscription);

/* Of all kinds. */
size_t subscriber_total(const struct subscriber *subscriber);

#endif
