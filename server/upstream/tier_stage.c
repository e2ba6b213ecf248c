/* The tier as the executor and connections see it. */
#include "server/exec/stage.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/tier.h"

const struct stage tier_stage = {
    .look = tier_look,
    .route = tier_route,
    .pauses_writes_of = tier_pauses_writes_of,
    .hit = tier_hit,
    .miss = tier_miss,
    .is_free = patron_is_free,
    .is_owed = patron_is_owed,
    .is_waiting = patron_is_waiting,
    .is_subscribed = patron_is_subscribed,
    .leave = patron_leave,
};
