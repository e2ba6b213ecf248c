#include "server/upstream/barrier.h"

#include <stddef.h>

#include "proto/base/alloc.h"
#include "server/loop.h"
#include "server/server.h"
#include "server/upstream/tier.h"

struct barrier {
    struct upstream_request request;
    struct barrier_waiter *waiters; /* in order */
};

static void come_home(struct loop *loop, struct letter *letter)
{
    (void)loop;
    struct barrier_waiter *waiter = (struct barrier_waiter *)letter;
    waiter->pass(waiter);
}

static void pass(struct barrier_waiter *waiter)
{
    if (waiter->home->index == 0) {
        waiter->pass(waiter);
        return;
    }
    waiter->letter.open = come_home;
    mailbox_post(&waiter->home->mailbox, &waiter->letter);
}

static void barrier_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct barrier *barrier = (struct barrier *)request;
    (void)reply;
    struct barrier_waiter *waiter = barrier->waiters;
    alloc_free(barrier);
    while (waiter != NULL) {
        struct barrier_waiter *next = waiter->next;
        if (outcome != UPSTREAM_REPLIED && waiter->lost != NULL) waiter->lost(waiter);
        pass(waiter);
        waiter = next;
    }
}

static void join(struct tier *tier, struct barrier_waiter *waiter)
{
    waiter->next = NULL;
    *tier->barrier_end = waiter;
    tier->barrier_end = &waiter->next;
}

static void open_waiter(struct loop *loop, struct letter *letter)
{
    join(loop->server->tier, (struct barrier_waiter *)letter);
}

void barrier_wait(struct tier *tier, struct barrier_waiter *waiter)
{
    if (waiter->home->index == 0) {
        join(tier, waiter);
        return;
    }
    waiter->letter.open = open_waiter;
    mailbox_post(&tier->server->loops[0].mailbox, &waiter->letter);
}

void barrier_send(struct tier *tier)
{
    if (tier->barrier_waiters == NULL) return;
    struct barrier *barrier = ALLOC_NEW(struct barrier);
    barrier->waiters = tier->barrier_waiters;
    tier->barrier_waiters = NULL;
    tier->barrier_end = &tier->barrier_waiters;
    barrier->request = (struct upstream_request){ .bytes = SLICE("*1\r\n$4\r\nPING\r\n"),
                                                  .db = UPSTREAM_ANY_DB,
                                                  .done = barrier_done };
    counter_add(&tier->loops[0].stats.barriers, 1);
    if (tier->upstream != NULL)
        tier->upstream->send(tier->upstream, &barrier->request);
    else
        barrier->request.done(&barrier->request, UPSTREAM_UNSENT, SLICE(""));
}
