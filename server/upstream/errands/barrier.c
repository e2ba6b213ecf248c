#include "server/upstream/errands/barrier.h"

#include <stddef.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/upstream/copies/forget.h"
#include "server/upstream/tier_state.h"

struct barrier {
    struct upstream_request request;
    struct tier *tier;
    struct barrier_waiter *waiters; /* in order */
    bool swaps;                     /* it asks for them in the place of the PING */
    bool again;
};

#define PING "*1\r\n$4\r\nPING\r\n"

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

static void send_it(struct tier *tier, struct barrier *barrier)
{
    if (tier->upstream != NULL)
        tier->upstream->send(tier->upstream, &barrier->request);
    else
        barrier->request.done(&barrier->request, UPSTREAM_UNSENT, SLICE(""));
}

/* An upstream with threads for its connections may answer in the turn in which somebody wrote, and tells of
 * what was written at the end of that turn. It is behind that when it answers once more. */
static bool asks_again(const struct tier *tier, struct barrier *barrier)
{
    bool again = !barrier->again && atomic_load_explicit(&tier->limits.threaded, memory_order_relaxed);
    barrier->again = true;
    return again;
}

static void barrier_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct barrier *barrier = (struct barrier *)request;
    struct tier *tier = barrier->tier;
    if (outcome == UPSTREAM_REPLIED && barrier->swaps && swaps_happened(&tier->swaps, reply))
        forget_and_tell_all(tier);
    if (outcome == UPSTREAM_REPLIED && asks_again(tier, barrier)) {
        barrier->swaps = false;
        barrier->request.bytes = SLICE(PING);
        send_it(tier, barrier);
        return;
    }
    struct barrier_waiter *waiter = barrier->waiters;
    alloc_free(barrier);
    loop_post(&tier->server->loops[0]);
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
    barrier->tier = tier;
    barrier->waiters = tier->barrier_waiters;
    for (const struct barrier_waiter *waiter = barrier->waiters; waiter != NULL; waiter = waiter->next)
        barrier->swaps |= waiter->may_swap;
    tier->barrier_waiters = NULL;
    tier->barrier_end = &tier->barrier_waiters;
    barrier->request =
        (struct upstream_request){ .bytes = barrier->swaps ? swaps_question(&tier->swaps) : SLICE(PING),
                                   .db = UPSTREAM_ANY_DB,
                                   .done = barrier_done };
    counter_add(&tier->loops[0].stats.barriers, 1);
    send_it(tier, barrier);
}
