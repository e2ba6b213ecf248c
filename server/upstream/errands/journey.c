#include "server/upstream/errands/journey.h"

#include <stddef.h>

#include "proto/base/holder.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/errands/barrier.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/followed_reads.h"
#include "server/upstream/errands/publicity.h"
#include "server/upstream/errands/repeats.h"
#include "server/upstream/errands/settlement.h"
#include "server/upstream/roster/reach.h"
#include "server/upstream/tier_state.h"
#include "storage/keyspace/keyspace.h"

struct errand *journey_begin(struct call *call, const struct command_info *command, uint32_t policy)
{
    struct errand *errand = errand_create(call, command, policy);
    publicity_sent(call, errand->argv, command);
    if (call->session->tracker != NULL) followed_reads_begin(errand, call->session);
    return errand;
}

void journey_end(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from)
{
    if (!repeats_take(errand, outcome, reply, from)) settlement_make(errand, outcome, reply, from);
}

/* Does it show, or leave behind, what the copies must not contradict, and what nobody will tell the lane of?
 * Of what is tracked the lane is told while there is one. */
static bool is_unheard(const struct errand *errand, enum upstream_outcome outcome)
{
    const struct tier *tier = errand->home->server->tier;
    if (!atomic_load(&tier->copies.kept)) return false;
    if (outcome != UPSTREAM_REPLIED) return outcome == UPSTREAM_UNKNOWN && reach_of(errand).writes;
    return atomic_load(&tier->link.tracking) == UPSTREAM_TRACKS_NONE;
}

/* Is anything known here of what it reaches, or will be? */
static bool is_known(struct errand *errand, const struct reach *reach)
{
    struct tier *tier = errand->home->server->tier;
    if (reach->kind != REACH_KEYS) return reach->kind == REACH_ALL;
    for (int i = reach->first; i <= reach->last; i += reach->step) {
        struct key key = keyspace_key(tier->server->keyspace, errand->argv[i]);
        /* A copy on its way is looked for first: when it has come, it is found in the second look. */
        if (fills_may_hold(&tier->fills, key.hash)) return true;
        if (copies_know(&tier->copies, key, errand->home->now_ms)) return true;
        if (followers_hear(errand->home, key)) return true;
    }
    return false;
}

/* Nothing that is known here, or will be, can have changed by a command whose keys are not known here. */
static bool needs_barrier(struct errand *errand, const struct reach *reach)
{
    if (errand->patron->behind > 0 || errand->kind != KIND_PLAIN || errand->patron->dedicated != NULL)
        return true;
    return reach->kind != REACH_KEYS || is_known(errand, reach);
}

static struct errand *errand_of_waiter(struct barrier_waiter *waiter)
{
    return HOLDER_OF(waiter, struct errand, waiter);
}

static void release(struct barrier_waiter *waiter)
{
    struct errand *errand = errand_of_waiter(waiter);
    patron_let_behind_go(errand->patron, errand->reply.len);
    journey_end(errand, errand->came, buffer_slice(&errand->reply), errand->protocol);
}

static void forget_at_loss(struct barrier_waiter *waiter)
{
    reach_forget_now(errand_of_waiter(waiter));
}

void journey_end_behind_barrier(struct errand *errand, enum upstream_outcome outcome, struct slice reply)
{
    struct reach reach = reach_of(errand);
    bool replied = outcome == UPSTREAM_REPLIED;
    bool unheard = is_unheard(errand, outcome) && (reach.writes || is_known(errand, &reach));
    bool waits = replied ? needs_barrier(errand, &reach) : errand->patron->behind > 0;
    if (!unheard && !waits) {
        journey_end(errand, outcome, reply, errand->protocol);
        return;
    }
    if (unheard) reach_forget(errand);
    errand->came = outcome;
    errand_keep(errand, reply, errand->protocol);
    patron_keep_behind(errand->patron, errand->reply.len);
    errand->waiter.home = errand->home;
    errand->waiter.pass = release;
    errand->waiter.lost = forget_at_loss;
    errand->waiter.may_swap = reach.kind == REACH_ALL && reach.writes;
    barrier_wait(errand->home->server->tier, &errand->waiter);
}

static void come_home(struct loop *loop, struct letter *letter)
{
    (void)loop;
    struct errand *errand = HOLDER_OF(letter, struct errand, letter);
    struct slice reply = buffer_slice(&errand->reply);
    journey_end(errand, errand->came, reply, errand->protocol);
}

void journey_bring_home(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from)
{
    loop_post(&errand->home->server->loops[0]);
    if (errand->home->index == 0) {
        journey_end(errand, outcome, reply, from);
        return;
    }
    errand->came = outcome;
    if (outcome == UPSTREAM_REPLIED) errand_keep(errand, reply, from);
    errand->letter.open = come_home;
    mailbox_post(&errand->home->mailbox, &errand->letter);
}
