/*
 * tier.h - a coherent near cache in front of an upstream: the stage between dispatch and execution.
 *
 * With --upstream every command passes routing.h first. Commands about this server are run here. Reads of
 * which all keys are known are run here too, on the local copies, while the link is known to be alive and the
 * client has nothing on its way. Everything else goes upstream:
 *
 *     lane         strings and keys, over the connection that carries invalidations (coherence.h)
 *     side         all that has no connection state, in the client's own protocol, bytes passed on unread
 *     dedicated    transactions, subscriptions, commands that block
 *
 * What comes back over another connection than the lane is released only when the lane has answered a PING
 * that was sent after it (a barrier): by then every invalidation that it caused, or could have seen, is here.
 *
 * Threads: the upstream is loop 0's. What can be asked of the tier may be asked on any loop.
 */
#ifndef SERVER_UPSTREAM_TIER_H
#define SERVER_UPSTREAM_TIER_H

#include <stdint.h>

struct copies;
struct fills;
struct histogram;
struct link;
struct loop;
struct nearcache_stats;
struct passed_stats;
struct readings;
struct room;
struct server;
struct stage;
struct tier;
struct upstream;

/* NULL, with nothing done, when no upstream is configured. */
struct tier *tier_create(struct server *server);
/* Connect: on loop 0's thread, before it runs. */
void tier_start(struct tier *tier);
/* The same with another upstream than a Redis. Takes it. */
void tier_start_with(struct tier *tier, struct upstream *upstream);
/* `loop` closes its handles. */
void tier_stop_loop(struct tier *tier, struct loop *loop);
/* When no loop runs any more. */
void tier_destroy(struct tier **tier);

/* The tier as the executor and connections see it. */
extern const struct stage tier_stage;

/* At the start of a turn: give clients what has come, and let those go on who may. */
void tier_deliver(struct loop *loop);
/* At its end: give the kernel what is to go upstream, and clients what they were told meanwhile. */
void tier_depart(struct loop *loop);

/* Its parts, for who reports on them: they live as long as the tier. */
struct link *tier_link(struct tier *tier);
struct copies *tier_copies(struct tier *tier);
const struct fills *tier_fills(const struct tier *tier);
const struct readings *tier_readings(const struct tier *tier);
const struct room *tier_room(const struct tier *tier);
struct passed_stats *tier_passed(struct tier *tier);
/* How long the lane took to answer. Written by loop 0. */
struct histogram *tier_rtt(struct tier *tier);
/* What one loop has counted. */
struct nearcache_stats *tier_stats(const struct loop *loop);
/* Connections of clients' own that are in use. */
int64_t tier_dedicated_count(const struct tier *tier);

#endif
