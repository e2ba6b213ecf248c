/*
 * subscriptions.h - whether a connection is still a subscriber's, going by what passes through it.
 *
 * Each channel named in a SUBSCRIBE or UNSUBSCRIBE is confirmed by a frame with the number that are left.
 * UNSUBSCRIBE without names is confirmed once for each channel of its kind, of which only the confirmations
 * tell how many there are: until then nothing more may be sent.
 *
 * Threads: plain values.
 */
#ifndef SERVER_UPSTREAM_SUBSCRIPTIONS_H
#define SERVER_UPSTREAM_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/upstream/errand_kind.h"

#define SUBSCRIPTION_KINDS 3 /* channels, patterns, shard channels */

/* All zero: none. */
struct subscriptions {
    int64_t expected; /* confirmations of commands that named channels */
    int64_t counts[SUBSCRIPTION_KINDS];
    bool draining[SUBSCRIPTION_KINDS];
    bool asked;
};

/* A command of this kind, with so many channels, is sent. Others than those about subscriptions are none. */
void subscriptions_ask(struct subscriptions *subscriptions, enum errand_kind kind, int channels);
/* A frame has come. True: an UNSUBSCRIBE without names is through. */
bool subscriptions_note(struct subscriptions *subscriptions, struct slice frame);
bool subscriptions_are_draining(const struct subscriptions *subscriptions);
/* Nothing is subscribed to, and nothing is to be confirmed. */
bool subscriptions_are_over(const struct subscriptions *subscriptions);

#endif
