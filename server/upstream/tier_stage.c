/* The tier as the executor and connections see it. */
#include "server/exec/stage.h"
#include "server/upstream/clients/conversation.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/copies/hits.h"
#include "server/upstream/errands/repeats.h"
#include "server/upstream/routing.h"
#include "server/upstream/tier.h"

/* The patron goes when nothing is on its way for it any more, at the earliest with the last of these. */
static void leave(struct patron *patron)
{
    patron_leave(patron);
    repeats_drop(patron);
    conversation_leave(patron);
    patron_settle(patron);
}

const struct stage tier_stage = {
    .look = hits_look,
    .route = routing_send,
    .pauses_writes_of = routing_pauses_writes_of,
    .hit = hits_note,
    .miss = routing_miss,
    .is_free = patron_is_free,
    .is_owed = patron_is_owed,
    .is_waiting = patron_is_waiting,
    .is_subscribed = patron_is_subscribed,
    .leave = leave,
};
