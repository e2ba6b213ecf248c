/*
 * coherence_events.h - what follows from what the lane tells of the link: for the copies, for clients and for
 * the connections beside it.
 *
 * Threads: loop 0.
 */
#ifndef SERVER_UPSTREAM_COPIES_COHERENCE_EVENTS_H
#define SERVER_UPSTREAM_COPIES_COHERENCE_EVENTS_H

#include "server/upstream/channel/upstream.h"

struct tier;

/* What tier_start() gives to the upstream. */
struct upstream_events coherence_events(struct tier *tier);

#endif
