/*
 * repeats.h - reads whose replies were lost, to be sent once more.
 *
 * A read changes nothing and may be sent again; a write never is. What comes home to a client without a reply
 * is kept, in order, until all that the client has on its way has come. Then those reads are sent again
 * behind which nothing else of that client follows: a read before a write of unknown outcome could show that
 * write. They go as soon as there is a link, and get an error when there was none for upstream-timeout or
 * they are lost again.
 *
 * Threads: the patron's loop, but for repeats_wake().
 */
#ifndef SERVER_UPSTREAM_ERRANDS_REPEATS_H
#define SERVER_UPSTREAM_ERRANDS_REPEATS_H

#include <stdbool.h>

#include "server/upstream/channel/upstream.h"

struct errand;
struct loop;
struct patron;
struct tier;

/* An errand has come home. True: it is kept here, since it is a read that was lost or comes behind one. */
bool repeats_take(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from);
/* At the end of a turn, of which every loop has several a second: send what may go, and give up what has
 * waited too long. */
void repeats_step(struct loop *loop);
/* The client is gone. */
void repeats_drop(struct patron *patron);
/* The link is up. Loop 0. */
void repeats_wake(struct tier *tier);

#endif
