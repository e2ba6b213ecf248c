/*
 * departure.h - a client that goes while the upstream has it wait.
 *
 * Its connection is closed, but a Redis learns of that at a moment of its own: what somebody pushes meanwhile
 * would be given to nobody. So the upstream is asked, over the lane, to let that connection wait no longer,
 * and what may push waits for the reply: everything but reads that is to go up after the client was seen to
 * go. Each waits once, for those that have gone before it, so nobody can hold up writes for ever.
 *
 * Threads: any loop; the lane is loop 0's.
 */
#ifndef SERVER_UPSTREAM_DEPARTURE_H
#define SERVER_UPSTREAM_DEPARTURE_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct patron;
struct tier;

/* `upstream_id` is the upstream's number of the connection, `how` what CLIENT UNBLOCK calls it: TIMEOUT or
 * ERROR. */
void departure_announce(struct loop *loop, int64_t upstream_id, const char *how);
/* Must the client's next command wait for others that have gone? tier_wake() lets it ask again. */
bool departure_holds(struct tier *tier, struct patron *patron);
/* Is any of them not yet known upstream? */
bool departure_is_pending(const struct tier *tier);

#endif
