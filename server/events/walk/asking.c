#include "server/events/walk/asking.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/walk/tally_round.h"
#include "server/events/walk/walk.h"
#include "server/events/walk/walk_state.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"

struct asker {
    struct asker *next;
    uint64_t session;
    uint64_t round; /* of the tally that answers it */
    suspension_answer answer;
    char context[];
};

void asking_start(struct call *call, suspension_answer answer, const void *context, size_t context_bytes)
{
    struct loop *loop = call->loop;
    struct asker *asker = alloc_bytes(sizeof *asker + context_bytes);
    *asker = (struct asker){ .next = loop->walk->askers,
                             .session = call->session->id,
                             .round = walk_next_tally(loop->server->walk),
                             .answer = answer };
    memcpy(asker->context, context, context_bytes);
    loop->walk->askers = asker;
    suspension_start(call, WAIT_SUSPENDED);
    tally_wait(loop->server->tally, asker->round);
    walk_hurry(loop->server);
}

/* Taken out of the list first: who goes on may ask again. */
static struct asker *take_answered(struct loop_walk *own, uint64_t rounds)
{
    for (struct asker **link = &own->askers; *link != NULL; link = &(*link)->next) {
        struct asker *asker = *link;
        if (asker->round > rounds) continue;
        *link = asker->next;
        return asker;
    }
    return NULL;
}

void asking_answer(struct loop *loop)
{
    struct tally *tally = loop->server->tally;
    struct asker *asker;
    while ((asker = take_answered(loop->walk, tally_rounds(tally))) != NULL) {
        suspension_end(loop, asker->session, asker->answer, asker->context);
        alloc_free(asker);
    }
}

void asking_drop(struct loop_walk *own)
{
    while (own->askers != NULL) {
        struct asker *asker = own->askers;
        own->askers = asker->next;
        alloc_free(asker);
    }
}
