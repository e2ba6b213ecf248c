#include "server/upstream/clients/blocking.h"

#include <stdatomic.h>
#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/census.h"
#include "server/upstream/clients/dedicated_state.h"
#include "server/upstream/clients/errand.h"
#include "server/upstream/clients/journey.h"
#include "server/upstream/link/channel.h"
#include "server/upstream/tier_state.h"

/* INFO's blocked_clients. */
static void set_blocked(struct dedicated *d, bool blocked)
{
    struct census *census = d->loop->server->census;
    if (blocked && !d->blocked) census_join(&census->blocked);
    if (!blocked && d->blocked) census_leave(&census->blocked);
    if (blocked != d->blocked) atomic_fetch_add(&tier_of(d->loop)->waiting, blocked ? 1u : -1u);
    d->blocked = blocked;
}

struct question {
    struct upstream_request request;
    struct dedicated *dedicated; /* there, if it is answered */
};

static void on_number(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct question *question = (struct question *)request;
    struct dedicated *d = question->dedicated;
    alloc_free(question);
    if (outcome != UPSTREAM_REPLIED || d->patron == NULL) return;
    int64_t number;
    if (reply.data[0] == ':' && number_parse_i64(slice_of(reply.data + 1, reply.len - 3), &number))
        d->upstream_id = number;
    if (d->waiting) set_blocked(d, true);
}

static void ask_number(struct dedicated *d)
{
    struct question *question = ALLOC_NEW(struct question);
    question->dedicated = d;
    question->request = (struct upstream_request){ .bytes = SLICE("*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n"),
                                                   .db = UPSTREAM_ANY_DB,
                                                   .done = on_number };
    channel_send(d->channel, &question->request);
}

static void join(struct dedicated *d)
{
    struct dedicated **end = &tier_of(d->loop)->in_turn;
    while (*end != NULL) end = &(*end)->next_in_turn;
    d->next_in_turn = NULL;
    *end = d;
}

static void leave(struct dedicated *d)
{
    struct dedicated **at = &tier_of(d->loop)->in_turn;
    while (*at != NULL && *at != d) at = &(*at)->next_in_turn;
    if (*at != NULL) *at = d->next_in_turn;
}

void blocking_step(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    while (own->in_turn != NULL) {
        struct dedicated *d = own->in_turn;
        struct errand *errand = d->turn;
        d->turn = NULL;
        if (errand != NULL) {
            ask_number(d);
            channel_send(d->channel, &errand->request);
        }
        /* While it is dialled, what was given to it goes first. */
        if (!channel_is_ready(d->channel)) return;
        leave(d);
        channel_flush(d->channel);
    }
}

void blocking_send(struct dedicated *dedicated, struct errand *errand)
{
    dedicated->waiting = true;
    dedicated->turn = errand;
    join(dedicated);
    blocking_step(dedicated->loop);
}

void blocking_replied(struct dedicated *dedicated)
{
    dedicated->waiting = false;
    set_blocked(dedicated, false);
}

void blocking_end(struct dedicated *dedicated, struct slice error)
{
    struct errand *errand = dedicated->turn;
    leave(dedicated);
    dedicated->turn = NULL;
    blocking_replied(dedicated);
    if (errand != NULL) journey_end(errand, UPSTREAM_REPLIED, error, errand->protocol);
}
