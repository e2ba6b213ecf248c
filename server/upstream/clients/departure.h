/*
 * departure.h - a client that goes while the upstream has it wait.
 *
 * Its connection is closed, but a Redis learns of that at a moment of its own: what somebody pushes meanwhile
 * would be given to nobody. So the upstream is asked, over the lane, to let that connection wait no longer,
 * and what may push waits for the reply. Each waits once, for those that have gone before it, so nobody can
 * hold up writes for ever.
 *
 * That a client of another loop has gone is seen by that loop, maybe later than the push that followed. So
 * what may push, while clients of other loops wait, has those loops look first: a look is over when a loop
 * has taken all that its poll told it after it was asked. One look serves all commands of a turn.
 *
 * Threads: any loop; the lane is loop 0's.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_DEPARTURE_H
#define SERVER_UPSTREAM_CLIENTS_DEPARTURE_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct patron;
struct tier;

/* `upstream_id` is the upstream's number of the connection, `how` what CLIENT UNBLOCK calls it: TIMEOUT or
 * ERROR. */
void departure_announce(struct loop *loop, int64_t upstream_id, const char *how);
/* Must the client's next command, which may push, wait for others that have gone? patrons_wake() lets it ask
 * again. */
bool departure_holds(struct loop *loop, struct patron *patron);
/* Could it be that it must? Cheap, and mostly false. `patron` may be NULL. */
bool departure_concerns(const struct loop *loop, const struct patron *patron);

/* The loop has taken all that its poll has told it. */
void departure_looked(struct loop *loop);
/* Its turn ends. */
void departure_end_turn(struct loop *loop);

#endif
