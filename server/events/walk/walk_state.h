/*
 * walk_state.h - what a loop has for walking, for this folder.
 *
 * Threads: the loop's.
 */
#ifndef SERVER_EVENTS_WALK_WALK_STATE_H
#define SERVER_EVENTS_WALK_WALK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct loop;
struct matching_part;

struct loop_walk {
    struct loop *loop;
    uv_timer_t timer;
    bool running;
    uint64_t last_ticks;
    uint64_t round;                /* the last that it has taken part in */
    struct matching_part *matches; /* of patterns that are walked for */
};

#endif
