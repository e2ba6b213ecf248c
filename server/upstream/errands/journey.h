/*
 * journey.h - how a command leaves for the upstream, and how its reply comes home.
 *
 * On its way up it is told of (publicity.h). A reply that came over the lane, on loop 0, is brought to the
 * client's loop; one that came over another connection waits behind a barrier, where it could show what the
 * copies do not know yet. At home it is handed over (settlement.h), or kept for another attempt (repeats.h).
 *
 * Threads: the client's loop, but for journey_bring_home().
 */
#ifndef SERVER_UPSTREAM_ERRANDS_JOURNEY_H
#define SERVER_UPSTREAM_ERRANDS_JOURNEY_H

#include <stdint.h>

#include "proto/base/slice.h"
#include "server/upstream/channel/upstream.h"

struct call;
struct command_info;
struct errand;

/* The caller sends it. `command` is NULL when it is not one of ours; `policy` is of enum tier_policy. */
struct errand *journey_begin(struct call *call, const struct command_info *command, uint32_t policy);

/* Carried out, on loop 0: bring the reply, in protocol `from`, home, and end the journey there. */
void journey_bring_home(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from);
/* At home: hand the reply over, count, free; or keep it for another attempt. */
void journey_end(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from);
/* The same for a reply in the client's protocol that came over another connection than the lane. */
void journey_end_behind_barrier(struct errand *errand, enum upstream_outcome outcome, struct slice reply);

#endif
