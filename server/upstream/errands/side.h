/*
 * side.h - the connections for everything that has neither local copies nor state of its own.
 *
 * Each loop has one for each version of the protocol and each envoy (auth/envoys.h), shared by its clients
 * and opened when it is first needed, so that replies are passed on byte for byte. Where somebody's command
 * holds it up, a script that does not end say, the others' take a further one. What comes back is released
 * behind a barrier.
 *
 * Threads: the loop.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_SIDE_H
#define SERVER_UPSTREAM_ERRANDS_SIDE_H

struct errand;
struct loop;

/* Takes the errand. */
void side_send(struct errand *errand);
/* At the end of a turn. */
void side_flush(struct loop *loop);
/* The link is lost: what was sent over the sides has no known outcome either. */
void side_close(struct loop *loop);

#endif
