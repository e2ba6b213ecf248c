/*
 * dedicated_state.h - what a client's own connection to the upstream is, for those who have to do with one:
 * dedicated.c, whose it is, conversation.c, what is said over it, blocking.c, and patron.c, whose client it
 * is.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_DEDICATED_STATE_H
#define SERVER_UPSTREAM_CLIENTS_DEDICATED_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proto/base/slice.h"
#include "server/upstream/clients/subscriptions.h"

struct channel;
struct envoy;
struct errand;
struct loop;
struct patron;

struct dedicated {
    struct channel *channel;
    struct loop *loop;
    struct patron *patron;     /* NULL: idle */
    const struct envoy *envoy; /* as whom it goes; NULL: as the one in the address */
    void (*push)(struct dedicated *dedicated, struct slice frame);
    struct dedicated *next;
    struct dedicated *previous;
    int protocol;        /* that it speaks once all that was sent is executed */
    bool waiting;        /* a command that may wait is on its way: this and the next five are blocking.h's */
    bool blocked;        /* the upstream has it, and has not answered it */
    bool in_turn;        /* it has not: those behind it may have to let it go first */
    struct errand *turn; /* not sent yet */
    uint64_t names;      /* of keys, that it may wait for: a bit for each */
    TAILQ_ENTRY(dedicated) others_in_turn;
    int64_t upstream_id; /* the upstream's number of it; 0: not known */
    unsigned leases;     /* won over it and not ended since, as far as its replies tell: with it they end */
    bool switching;      /* HELLO is on its way: what follows depends on its reply */
    bool subscribed;
    size_t unsent; /* of a subscriber's commands, those that wait for the connection */
    struct subscriptions subscriptions;
};

/* Blocked by a command, or subscribed: it may stay so for ever. */
static inline bool dedicated_is_waiting(const struct dedicated *dedicated)
{
    return dedicated->waiting || dedicated->subscribed;
}

#endif
