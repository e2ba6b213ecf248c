/*
 * audience.h - those of one loop who have subscribed to one name, and what a message is to them.
 *
 * A message is written once for all of them that speak the same protocol: what precedes it is the same for
 * every message, and stands here ready to be copied.
 *
 * Threads: its loop's. Other loops carry its address from the registry to its loop, and look at nothing.
 */
#ifndef SERVER_EVENTS_PUBSUB_AUDIENCE_H
#define SERVER_EVENTS_PUBSUB_AUDIENCE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/events/pubsub/topic.h"

struct session;
struct subscription;

struct member {
    struct session *session;
    struct subscription *subscription;
};

struct audience {
    struct topic *topic; /* as long as it is in there */
    enum topic_kind kind;
    uint64_t hash;
    struct slice name;
    struct member *members; /* in no order */
    uint32_t len;
    uint32_t cap;
    size_t head_len;
    char head[]; /* what a message begins with, behind its first byte, which tells the protocol */
};

struct audience *audience_create(enum topic_kind kind, struct slice name, uint64_t hash);
/* Of nobody. */
void audience_destroy(struct audience **audience);
/* Its memory, members apart. */
size_t audience_bytes(const struct audience *audience);

/* Where the member stands, until one leaves. */
uint32_t audience_add(struct audience *audience, struct member member);
/* The last member takes its place. Returns who that was: NULL if it was the last. */
struct subscription *audience_remove(struct audience *audience, uint32_t at);

/* How many bytes a message is at the most, and it, written to `out`; returns its length. */
size_t audience_message_max(const struct audience *audience, struct slice channel, struct slice message);
size_t audience_write(const struct audience *audience, int protocol, struct slice channel,
                      struct slice message, char *out);

#endif
