/*
 * waiter.h - a client that waits for one of some keys: what it asked for, on whose behalf, and what came of
 * it.
 *
 * Its command is here with copies of its arguments, so that whoever makes one of the keys ready can run it,
 * on another thread than the client's and without a look at the client. It is ended by exactly one of those
 * who may end it - who fills a key, its own loop when time is up or the client has gone, CLIENT UNBLOCK -
 * which is settled by one compare-and-swap, waiter_claim(): the first has it, the others have nothing to do.
 *
 * Where another than its own loop has claimed it, the waiter travels home as a letter. That loop frees it in
 * any case, so that to claim it in time is to be able to use it.
 *
 * Threads: `state` any. What it asks for does not change. `reply`, `finding` and `places` belong to who has
 * claimed it, the latter under the locks of their shards; everything else to its own loop.
 */
#ifndef SERVER_EVENTS_BLOCKING_WAITER_H
#define SERVER_EVENTS_BLOCKING_WAITER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proto/base/buffer.h"
#include "proto/base/chains.h"
#include "proto/base/slice.h"
#include "server/core/mailbox.h"
#include "server/core/timeouts.h"
#include "server/events/blocking/line.h"
#include "server/exec/acl/acl_check.h"

struct blocking_kind;
struct command_info;
struct loop;
struct session;
struct user;

enum waiter_state {
    WAITER_WAITS,
    WAITER_SERVED,
    WAITER_TIMED_OUT,
    WAITER_UNBLOCKED,            /* CLIENT UNBLOCK, as if time were up */
    WAITER_UNBLOCKED_WITH_ERROR, /* and told so */
    WAITER_LEFT,                 /* its client has gone */
};

struct waiter {
    struct letter letter; /* home */
    _Atomic enum waiter_state state;
    const struct blocking_kind *kind;
    const struct command_info *command;
    const struct slice *argv; /* behind the places */
    int argc;
    unsigned db;
    int protocol;
    bool no_touch;          /* CLIENT NO-TOUCH */
    struct user *user;      /* held; NULL: nobody asks */
    bool is_restricted;     /* that may not do everything */
    uint64_t users_version; /* at which it was allowed: acl/users.h */
    bool tracks;            /* what it reads is remembered: CLIENT TRACKING */
    uint32_t tracker;       /* then, the number of its client's tracker */
    uint64_t id;            /* of its session */
    struct loop *loop;
    struct session *session; /* NULL: it has gone */
    struct timeout timeout;
    size_t bytes; /* that it takes, with a line for each place */

    struct chain by_id;                  /* waiters.h */
    STAILQ_ENTRY(waiter) claimed_others; /* with whoever has claimed it, before it is sent home */
    uint64_t spent_ticks;                /* on it, by its own loop and by who served it: ticks.h */
    bool unwanted;              /* it was served, and its client has gone: what was taken is to be put back */
    struct acl_finding finding; /* it was served, with the error that its user may not do this any more */
    int served_at;              /* argument: the key that it was served from */
    struct buffer reply;
    size_t place_count;
    struct line_place places[];
};

STAILQ_HEAD(waiter_list, waiter);

/* Waits already, in no line yet. `places` are all in none, with their waiter. The arguments are copied. */
struct waiter *waiter_create(size_t places, const struct slice *argv, int argc);
/* It is in no line. */
void waiter_destroy(struct waiter *waiter);

/* True: it is the caller's to end. False: somebody was quicker, and it may be gone already. */
bool waiter_claim(struct waiter *waiter, enum waiter_state how);

static inline bool waiter_waits(const struct waiter *waiter)
{
    return atomic_load_explicit(&waiter->state, memory_order_relaxed) == WAITER_WAITS;
}

#endif
