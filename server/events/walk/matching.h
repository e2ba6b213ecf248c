/*
 * matching.h - all keys that match a pattern are invalidated, in slices, while others go on.
 *
 * Each loop does it to its own shards, a slice of 50 us each turn: it breaks the leases of matching keys in a
 * shard first, so that nothing that was computed before comes behind it, and then walks its tables. What is
 * stored while it runs may go or stay. The client that asked waits for the count.
 *
 * Threads: each function on the loop that it is given.
 */
#ifndef SERVER_EVENTS_WALK_MATCHING_H
#define SERVER_EVENTS_WALK_MATCHING_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;
struct loop;
struct matching_part;

/* Suspends the call's session, which is answered with the number of keys. Not inside of an access. `softly`:
 * what has grace becomes stale. */
void matching_start(struct call *call, struct slice pattern, bool softly);

/* A slice of this loop's part, if there is any. */
void matching_run(struct loop *loop);
/* The loop has ended: what is left is not done. */
void matching_drop(struct matching_part **first);

#endif
