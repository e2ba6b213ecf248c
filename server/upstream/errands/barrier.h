/*
 * barrier.h - waiting until everything that the upstream has said is heard.
 *
 * A reply that came over another connection may follow from changes whose invalidations are still on their
 * way on the lane. A PING sent on the lane after it came is answered behind those (the upstream tells of
 * changes before it writes replies), so the reply is released with the PONG. One PING serves all who began to
 * wait in the same turn.
 *
 * When the link is lost first, the news will never come, and copies may be served without a link: then every
 * waiter drops what it may have outdated before it is released. Answers from copies have ended by then
 * (upstream.h).
 *
 * Threads: barrier_wait() on any loop; barrier_send() on loop 0, at the end of its turn.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_BARRIER_H
#define SERVER_UPSTREAM_ERRANDS_BARRIER_H

#include <stdbool.h>

#include "server/core/mailbox.h"

struct loop;
struct tier;

/* Embedded in what waits. */
struct barrier_waiter {
    struct letter letter;
    struct barrier_waiter *next;
    struct loop *home;
    bool may_swap;                               /* the reply may follow from a SWAPDB (swaps.h) */
    void (*pass)(struct barrier_waiter *waiter); /* on its home loop */
    /* The link was lost meanwhile: what the reply has outdated must be dropped without the upstream's news.
     * On loop 0, before pass(); NULL: nothing is. */
    void (*lost)(struct barrier_waiter *waiter);
};

/* In the order in which a loop's waiters began to wait they are passed. */
void barrier_wait(struct tier *tier, struct barrier_waiter *waiter);
void barrier_send(struct tier *tier);

#endif
