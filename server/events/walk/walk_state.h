/*
 * walk_state.h - what a loop has for walking, for this folder.
 *
 * Threads: the loop's.
 */
#ifndef SERVER_EVENTS_WALK_WALK_STATE_H
#define SERVER_EVENTS_WALK_WALK_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "server/core/mailbox.h"

struct asker;
struct loop;
struct matching_part;

struct loop_walk {
    struct loop *loop;
    uv_timer_t timer;
    bool running;
    uint64_t last_ticks;
    uint64_t round;                /* the last that it has taken part in */
    bool ends;                     /* the round: it has finished what was left of it */
    unsigned stripe;               /* of the bumps, that is forgotten next then */
    struct matching_part *matches; /* of patterns that are walked for */
    bool holds;                    /* they wait for a pause to end, or for readers: the cron looks again */
    struct asker *askers;          /* clients that wait for a tally */
    bool hurries;        /* somebody waits for one, here or elsewhere, and there is something to do */
    bool busy;           /* there are matches, or it hurries */
    struct letter hurry; /* by whoever finds that it is not under way */
    _Atomic bool hurry_posted;
};

/* After either has changed. */
static inline void loop_walk_note_busy(struct loop_walk *own)
{
    own->busy = (own->matches != NULL && !own->holds) || own->hurries;
}

#endif
