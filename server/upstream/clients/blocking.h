/*
 * blocking.h - commands that may wait: in the order in which they came, and known to be where they wait.
 *
 * A Redis serves those who wait for a key in the order in which it has read their commands. Over connections
 * of their own they could overtake each other: one is dialled, another stands ready; and of two whose bytes
 * have come, a Redis may read the later one first (its list of connections that have something to say begins
 * with those that had so a moment ago, and one with several threads keeps no order at all). So, on a loop,
 * whoever may wait for a key is sent when the upstream has said that it has read the one before who may wait
 * for the same: a round trip for each. Those who wait for other keys do not wait for each other.
 *
 * Right before such a command, in the same write, its connection asks for its own number: when that is
 * answered the command has been read as well (but for one of more than the 16 KB that a Redis reads at once),
 * so from then on the client counts as blocked. Whoever sees it so and then sends a command of its own comes
 * after it. The number serves to end the waiting: CLIENT UNBLOCK, and departure.h.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_BLOCKING_H
#define SERVER_UPSTREAM_CLIENTS_BLOCKING_H

#include "proto/base/slice.h"

struct dedicated;
struct errand;
struct loop;

/* Takes the errand. */
void blocking_send(struct dedicated *dedicated, struct errand *errand);
/* Send those whose turn it is: the one before has been read, or is gone. */
void blocking_step(struct loop *loop);
/* The reply has come. */
void blocking_replied(struct dedicated *dedicated);
/* The connection goes. A command that was not sent is told `error`. */
void blocking_end(struct dedicated *dedicated, struct slice error);

#endif
