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

struct errand;

/* Send a command of the lane. Takes the errand. Any loop. */
void coherence_send(struct errand *errand);

#endif
