/*
 * sweep.h - memory of keys that have expired comes back, whether or not anybody looks at them.
 *
 * The shards are divided among the loops for this. Keys go in slices short enough not to be felt; when a
 * slice was not enough, the next turn takes another.
 *
 * Threads: sweep_run() the loop's; the switch any.
 */
#ifndef SERVER_MEMORY_SWEEP_H
#define SERVER_MEMORY_SWEEP_H

#include <stdatomic.h>
#include <stdbool.h>

struct loop;
struct server;

struct sweep {
    _Atomic bool stopped; /* DEBUG SET-ACTIVE-EXPIRE 0 */
};

/* One slice. Sets `sweeping` when more is due. */
void sweep_run(struct loop *loop);
void sweep_stop(struct server *server, bool stop);

#endif
