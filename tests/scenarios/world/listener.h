/*
 * listener.h - what a client that only listens subscribes to, and what it makes of what it hears.
 *
 * Each place has a channel of its own, so that a message is of a write that was made there: of foreign ones
 * an instance may be told by a subscription before it is told by its lane.
 *
 * Threads: no state.
 */
#ifndef TESTS_SCENARIOS_WORLD_LISTENER_H
#define TESTS_SCENARIOS_WORLD_LISTENER_H

#include "tests/scenarios/history/referee.h"

#define LISTENER_CHANNEL_MAX 16

struct slice listener_channel(char out[static LISTENER_CHANNEL_MAX], int place);
/* Something has come to a listener of the place. */
void listener_hear(struct referee *referee, int place, struct slice reply);

#endif
