/*
 * turn.h - what a loop does after each poll, in its order.
 *
 * First what came from other loops and from the upstream, then the requests that were read, then what keeps
 * memory within its limits, then what was pushed to clients meanwhile. The parts of the server know nothing
 * of each other's places in this order: it stands here.
 *
 * Threads: each loop's own.
 */
#ifndef SERVER_MAIN_TURN_H
#define SERVER_MAIN_TURN_H

struct loop_stages;

extern const struct loop_stages turn_stages;

#endif
