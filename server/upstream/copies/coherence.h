/*
 * coherence.h - what happens to the local copies when commands and news pass through the lane.
 *
 * The lane carries the commands on strings and keys together with the upstream's invalidations, so everything
 * here happens in the upstream's own order, on one thread:
 *
 *   - a read that missed goes up with a PTTL behind it, and its value is kept when both have come and nothing
 *     changed the key in between (fills.h);
 *   - a write drops its keys when it is sent and discards what is on its way for them, so that no copy can
 *     appear before its reply; on the reply they are dropped again, in favour of the new value where that is
 *     absolute and every change is tracked (outcome.h);
 *   - an invalidation drops the key and discards what is on its way for it; a flush, all;
 *   - a new link starts with nothing.
 *
 * Threads: loop 0.
 */
#ifndef SERVER_UPSTREAM_COPIES_COHERENCE_H
#define SERVER_UPSTREAM_COPIES_COHERENCE_H

#include "server/upstream/link/upstream.h"

struct errand;
struct tier;

/* Send a command of the lane. Takes the errand. Any loop. */
void coherence_send(struct tier *tier, struct errand *errand);

/* Any key may have changed: drop all copies, and what is on its way, and tell those who track here. On loop
 * 0.
 */
void coherence_flush(struct tier *tier);

/* Where nobody tells of changes: drop what `errand`, which came back over another connection, may have
 * changed or shown, or all when that cannot be told. It is done before anything that its loop sends to loop 0
 * later, and the errand must live until then. Any loop. */
void coherence_forget(struct errand *errand);
/* The same at once, on loop 0. */
void coherence_forget_now(const struct errand *errand);

/* What tier_start() gives to the upstream. */
struct upstream_events coherence_events(struct tier *tier);

#endif
