/*
 * tier_state.h - where the parts of the tier find each other.
 *
 * What a part keeps is in its own header; here it has its place. Outside of upstream/ tier.h is what there is
 * of the tier.
 *
 * Threads: what the header of the part says.
 */
#ifndef SERVER_UPSTREAM_TIER_STATE_H
#define SERVER_UPSTREAM_TIER_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "server/config/upstream_url.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/observe/histogram.h"
#include "server/upstream/channel/limits.h"
#include "server/upstream/channel/upstream.h"
#include "server/upstream/clients/departures.h"
#include "server/upstream/clients/patron_line.h"
#include "server/upstream/copies/copies.h"
#include "server/upstream/copies/fills.h"
#include "server/upstream/copies/nearcache_stats.h"
#include "server/upstream/copies/swaps.h"
#include "server/upstream/link/link.h"
#include "server/upstream/link/room.h"
#include "server/upstream/roster/rosters.h"
#include "server/upstream/typed/fetch_means.h"
#include "server/upstream/typed/readings.h"

struct barrier_waiter;
struct dedicated;
struct passed_stats;
struct patron;
struct side;

/* What each loop has of the tier. */
struct tier_loop {
    struct patron *dirty;         /* have replies to be delivered, or may go on */
    struct patron_line held;      /* wait for the link, or for room */
    struct patron_line expecting; /* wait for a copy that is on its way */
    struct patron *lost;          /* have reads that are to be sent again */
    _Atomic bool anyone_lost;
    struct side *sides[2];                  /* RESP2, RESP3; NULL until used */
    struct dedicated *dedicated;            /* in use or idle */
    unsigned idle;                          /* of them */
    _Atomic unsigned waiting;               /* clients that the upstream has wait */
    TAILQ_HEAD(in_turn, dedicated) in_turn; /* whose commands may wait, in the order in which they came */
    struct looks looks;
    int64_t next_touch_ms;
    bool fresh; /* in this batch: the link is known to be alive */
    struct nearcache_stats stats;
};

struct tier {
    struct server *server;
    struct upstream_url url;
    struct upstream *upstream; /* loop 0's; NULL once stopped */
    struct link link;
    struct upstream_limits limits;
    struct copies copies;
    struct fills fills; /* loop 0's, but for its filter */
    struct readings readings;
    struct fetch_means fetching; /* loop 0's */
    struct swaps swaps;          /* loop 0's */
    struct rosters rosters;
    struct room room;
    struct departures departures;
    struct barrier_waiter *barrier_waiters; /* loop 0's: for the PING at the end of this turn, in order */
    struct barrier_waiter **barrier_end;
    _Atomic int64_t dedicated_count; /* in use, over all loops */
    struct passed_stats *passed;
    struct histogram rtt; /* written by loop 0 */
    struct tier_loop loops[];
};

static inline struct tier_loop *tier_of(const struct loop *loop)
{
    return &loop->server->tier->loops[loop->index];
}

/* NULL until the upstream has told its commands. */
static inline const struct roster *tier_roster(const struct server *server)
{
    return rosters_latest(&server->tier->rosters);
}

/* The database named by the upstream's address is the one that clients start in. */
static inline int tier_upstream_db(const struct tier *tier, unsigned db)
{
    return (int)(db == 0 ? tier->url.db : db);
}

/* On loop 0. Without an upstream, while the server stops, it is told at once that nothing was sent. */
static inline void tier_ask(struct tier *tier, struct upstream_request *request)
{
    if (tier->upstream != NULL)
        tier->upstream->send(tier->upstream, request);
    else
        request->done(request, UPSTREAM_UNSENT, SLICE(""));
}

#endif
