/*
 * tier.h - a coherent near cache in front of an upstream: the stage between dispatch and execution.
 *
 * With --upstream every command passes tier_route() first. Commands about this server are run here. Reads of
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
 * Threads: tier_look(), _route, _answers, _miss, _deliver and _depart on any loop; the upstream is loop 0's.
 * What is atomic may be read by all.
 */
#ifndef SERVER_UPSTREAM_TIER_H
#define SERVER_UPSTREAM_TIER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/config/upstream_url.h"
#include "server/exec/stage.h"
#include "server/observe/histogram.h"
#include "server/upstream/copies/copies.h"
#include "server/upstream/copies/fills.h"
#include "server/upstream/copies/nearcache_stats.h"
#include "server/upstream/copies/swaps.h"
#include "server/upstream/link/identity.h"
#include "server/upstream/link/limits.h"
#include "server/upstream/link/upstream.h"

struct barrier_waiter;
struct call;
struct roster;
struct command_info;
struct dedicated;
struct loop;
struct passed_stats;
struct patron;
struct server;
struct look_letter;
struct side;

enum tier_link {
    LINK_TRYING, /* not up, and not given up: clients wait */
    LINK_UP,
    LINK_DOWN, /* clients are refused, or served as upstream-on-failure says */
};

/* What each loop has of the tier. */
struct tier_loop {
    struct patron *dirty; /* have replies to be delivered, or may go on */
    struct patron *held;  /* wait for the link, or for room */
    _Atomic bool anyone_held;
    struct patron *lost; /* have reads that are to be sent again */
    _Atomic bool anyone_lost;
    struct side *sides[2];       /* RESP2, RESP3; NULL until used */
    struct dedicated *dedicated; /* in use or idle */
    unsigned idle;               /* of them */
    _Atomic unsigned waiting;    /* clients that the upstream has wait */
    struct look_letter *looks;   /* from here on departure.h's: to be answered */
    uint64_t look_number;        /* begun here */
    uint64_t looked;             /* of them, the latest that is over */
    bool look_begun;             /* in this turn */
    uint64_t turn;
    struct dedicated *in_turn; /* those whose commands may wait, in the order in which they are to be sent */
    int64_t next_touch_ms;
    bool fresh; /* in this batch: the link is known to be alive */
    struct nearcache_stats stats;
};

struct tier {
    struct server *server;
    struct upstream_url url;
    struct upstream *upstream; /* loop 0's; NULL once stopped */
    struct copies copies;
    struct upstream_limits limits;
    struct swaps swaps;        /* loop 0's */
    _Atomic bool lane_held_up; /* it owes a reply for long, as behind a write that the upstream pauses */
    struct fills fills;        /* loop 0's, but for its filter */
    struct barrier_waiter *barrier_waiters; /* loop 0's: for the PING at the end of this turn, in order */
    struct barrier_waiter **barrier_end;

    _Atomic int64_t fresh_until_ms;        /* monotonic: local hits until then */
    _Atomic int64_t stale_until_ms;        /* without a link, the same */
    _Atomic int link;                      /* enum tier_link */
    _Atomic int tracking;                  /* enum upstream_tracking */
    _Atomic int protocol;                  /* of the lane */
    _Atomic unsigned databases;            /* that both sides have */
    _Atomic(const struct roster *) roster; /* NULL until the upstream has told it */
    struct roster **rosters; /* loop 0's: all there have been, as other loops may still look at one */
    size_t roster_count;
    struct buffer command_reply; /* what the latest was made of */
    _Atomic int64_t inflight;    /* commands on their way */
    _Atomic int64_t inflight_bytes;
    _Atomic uint64_t upstream_server; /* the lane's, as identity_server(); 0: unknown */
    _Atomic bool upstream_busy;       /* it runs a script and refuses all else */
    _Atomic uint64_t reported;        /* hash of what was last logged of connections beside the lane */
    pthread_mutex_t words_lock;       /* of the two that follow */
    char no_database[128];            /* the upstream's error for a database that it lacks */
    char upstreams[IDENTITY_UPSTREAMS_MAX + 80]; /* run_ids, from ours to the last one */
    _Atomic uint64_t departures;                 /* clients that have gone while they waited, ever */
    _Atomic unsigned looks;                      /* under way */
    _Atomic uint64_t departed;                   /* those of them that the upstream has been told of */
    _Atomic int64_t dedicated_count;             /* in use, over all loops */
    _Atomic int64_t lost_ms;                     /* when the link was lost, monotonic; 0: it is up */
    struct passed_stats *passed;
    struct histogram rtt;   /* written by loop 0 */
    int64_t wall_offset_ms; /* between the clock of the day and the monotonic one, as last seen */
    bool ever_up;
    bool told_stale; /* clients that track here know that local copies may be old */
    struct tier_loop loops[];
};

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

/* The database named by the upstream's address is the one that clients start in. */
static inline int tier_upstream_db(const struct tier *tier, unsigned db)
{
    return (int)(db == 0 ? tier->url.db : db);
}

/* The tier as the executor and connections see it. */
extern const struct stage tier_stage;

struct tier_loop *tier_of(const struct loop *loop);

/* At the start of a batch: what is true of the link as long as it runs, and loop->serves_copies. */
void tier_look(struct loop *loop);
/* Which way a command goes, and send it there. `command` is NULL when it is not one of ours. */
enum tier_verdict tier_route(struct call *call, const struct command_info *command);
/* Does CLIENT PAUSE WRITE hold this command, of the upstream's? */
bool tier_pauses_writes_of(const struct call *call);
/* Inside the access of a call that is guarded: may it run here? */
bool tier_answers(struct call *call);
/* A read was answered from local copies. */
void tier_hit(struct call *call);
/* It could not: send it upstream. TIER_RUN is not among the results. */
enum tier_verdict tier_miss(struct call *call);

/* At the start of a turn: give clients what has come, and let those go on who may. */
void tier_deliver(struct loop *loop);
/* At its end: give the kernel what is to go upstream, and clients what they were told meanwhile. */
void tier_depart(struct loop *loop);

/* Let all held clients ask again. Any loop. */
void tier_wake(struct tier *tier);
bool tier_has_room(const struct tier *tier);

/* What the upstream says to SELECT of a database that it lacks, and the run_ids of it and of those behind it,
 * terminated; empty when unknown. Any loop. */
void tier_copy_no_database(struct tier *tier, char *text, size_t size);
void tier_copy_upstreams(struct tier *tier, char *text, size_t size);

#endif
