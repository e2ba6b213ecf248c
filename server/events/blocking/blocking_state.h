/*
 * blocking_state.h - what blocking clients wait in, for blocking*.c only.
 */
#ifndef SERVER_EVENTS_BLOCKING_BLOCKING_STATE_H
#define SERVER_EVENTS_BLOCKING_BLOCKING_STATE_H

#include <uv.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/core/timeouts.h"
#include "server/events/blocking/blocking.h"
#include "server/events/blocking/line.h"
#include "server/events/blocking/waiter.h"
#include "server/events/blocking/waiters.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"

STAILQ_HEAD(line_list, line);

/* One loop's part, of which nobody else knows. */
struct blocking_loop {
    struct blocking *all;
    struct loop *loop;
    struct line_list ready; /* lines that the command under way has to serve, in the order of their keys */
    struct line_list aside; /* the same of a script that rests */
    struct waiter_list claimed;   /* by this loop, to be sent home when it posts */
    struct waiter_list lingering; /* all is done but what needs a shard that is kept for long */
    struct timeouts timeouts;
    uv_timer_t timer;
    int64_t armed_ms; /* for when; 0: it is not */
};

struct blocking {
    struct keyspace *keyspace;
    unsigned loop_count;
    struct blocking_loop *loops;
    struct waiters waiters; /* own lock */
    _Atomic uint32_t clients;
    _Atomic uint32_t with_timeout;
    _Atomic uint32_t for_leases;
    _Atomic uint32_t keys;
    struct lines lines[KEYSPACE_SHARDS_MAX]; /* each under the lock of its shard */
};

/* A client that may be another loop's, in a call on its behalf. The reply is written to `out`. */
struct blocking_stand_in {
    struct session session;
    struct reply reply;
    struct buffer out;
};

/* Without an access yet. */
struct call blocking_stand_in(struct blocking_stand_in *stand_in, struct loop *loop,
                              const struct waiter *waiter);

bool blocking_claim(struct blocking *blocking, struct waiter *waiter, enum waiter_state how);
/* By another way. */
void blocking_note_claimed(struct blocking *blocking, const struct waiter *waiter);
/* Under the lock of the place's shard. */
void blocking_leave_line(struct blocking *blocking, struct line_place *place);
/* Wake up when the first time is up. */
void blocking_arm(struct blocking_loop *own);
/* Its client has gone after it was served: undo that, on its loop. False: its shard is kept for long. */
bool blocking_put_back(struct waiter *waiter);
/* On the waiter's loop, outside of an access: it was claimed, and is freed. */
void blocking_come_home(struct waiter *waiter);

#endif
