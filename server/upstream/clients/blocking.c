#include "server/upstream/clients/blocking.h"

#include <stdatomic.h>
#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/session/census.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/clients/dedicated_state.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/journey.h"
#include "server/upstream/tier_state.h"
#include "storage/keyspace/keyspace.h"

/* INFO's blocked_clients. */
static void set_blocked(struct dedicated *d, bool blocked)
{
    struct census *census = d->loop->server->census;
    if (blocked && !d->blocked) census_join(&census->blocked);
    if (!blocked && d->blocked) census_leave(&census->blocked);
    if (blocked != d->blocked) atomic_fetch_add(&tier_of(d->loop)->waiting, blocked ? 1u : -1u);
    d->blocked = blocked;
}

static void join(struct dedicated *d)
{
    TAILQ_INSERT_TAIL(&tier_of(d->loop)->in_turn, d, others_in_turn);
    d->in_turn = true;
}

static void leave(struct dedicated *d)
{
    if (d->in_turn) TAILQ_REMOVE(&tier_of(d->loop)->in_turn, d, others_in_turn);
    d->in_turn = false;
}

/* All, where they cannot be told. */
static uint64_t names_of(const struct errand *errand)
{
    uint64_t names = 0;
    if (errand->command == NULL) return UINT64_MAX;
    struct key_walk walk = key_walk(errand->command->row, errand->argv, errand->argc);
    while (key_next(&walk)) {
        struct key key = keyspace_key(errand->home->server->keyspace, errand->argv[walk.arg]);
        names |= UINT64_C(1) << key.hash % 64;
    }
    return walk.broken || walk.derived ? UINT64_MAX : names;
}

/* NULL: whoever is not sent yet has to let somebody go first. */
static struct dedicated *whose_turn_it_is(const struct loop *loop)
{
    uint64_t ahead = 0;
    struct dedicated *d;
    TAILQ_FOREACH(d, &tier_of(loop)->in_turn, others_in_turn)
    {
        if (d->turn != NULL && (d->names & ahead) == 0) return d;
        ahead |= d->names;
    }
    return NULL;
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
    leave(d);
    blocking_step(d->loop);
}

/* In the database of what follows, so that a SELECT goes ahead of both. */
static void ask_number(struct dedicated *d, int db)
{
    struct question *question = ALLOC_NEW(struct question);
    question->dedicated = d;
    question->request = (struct upstream_request){ .bytes = SLICE("*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n"),
                                                   .db = db,
                                                   .done = on_number };
    channel_send(d->channel, &question->request);
}

static void send_it(struct dedicated *d)
{
    struct errand *errand = d->turn;
    d->turn = NULL;
    ask_number(d, errand->request.db);
    channel_send(d->channel, &errand->request);
}

void blocking_step(struct loop *loop)
{
    struct dedicated *d;
    while ((d = whose_turn_it_is(loop)) != NULL) send_it(d);
}

void blocking_send(struct dedicated *dedicated, struct errand *errand)
{
    dedicated->waiting = true;
    dedicated->turn = errand;
    dedicated->names = names_of(errand);
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
