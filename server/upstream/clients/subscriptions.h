/*
 * subscriptions.h - whether a connection is still a subscriber's, going by what passes through it.
 *
 * What is written to it has no replies that a request could wait for, and is answered in its order all the
 * same. Each channel named in a SUBSCRIBE or UNSUBSCRIBE is confirmed by a frame with the number that are
 * left. UNSUBSCRIBE without names is confirmed once for each channel of its kind, of which only the
 * confirmations tell how many there are. A PING, or an error, is one frame.
 *
 * Threads: plain values.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_SUBSCRIPTIONS_H
#define SERVER_UPSTREAM_CLIENTS_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/upstream/errands/errand_kind.h"

#define SUBSCRIPTION_KINDS 3 /* channels, patterns, shard channels */
/* Commands that may be under way at once. */
#define SUBSCRIPTION_ASKS 64

/* A command that is not answered, or not wholly. */
struct subscription_ask {
    enum command_kind kind; /* KIND_PLAIN: a PING */
    int channels;           /* still to be confirmed; 0 of one without names */
    bool unwanted;          /* CLIENT REPLY: of its answers only confirmations are told */
};

/* All zero: none. */
struct subscriptions {
    struct subscription_ask asks[SUBSCRIPTION_ASKS]; /* a ring */
    unsigned oldest;
    unsigned asked;
    int64_t counts[SUBSCRIPTION_KINDS];
};

enum subscription_frame {
    FRAME_OTHER,    /* a message, or a confirmation with more to come */
    FRAME_ANSWER,   /* the oldest command is answered with it */
    FRAME_UNWANTED, /* the same, and the client does not want to hear it */
};

/* A command of this kind, with so many channels, is sent: one about subscriptions, or a PING. Not full. */
void subscriptions_ask(struct subscriptions *subscriptions, enum command_kind kind, int channels,
                       bool unwanted);
enum subscription_frame subscriptions_note(struct subscriptions *subscriptions, struct slice frame);

static inline bool subscriptions_are_full(const struct subscriptions *subscriptions)
{
    return subscriptions->asked == SUBSCRIPTION_ASKS;
}

/* There are some, and whatever is under way leaves them. */
bool subscriptions_stay(const struct subscriptions *subscriptions);
/* Nothing is subscribed to, and nothing is to be answered. */
bool subscriptions_are_over(const struct subscriptions *subscriptions);

#endif
