/*
 * whereabouts.h - which loop a session is with.
 *
 * A session stays with its loop, and its id is never used again: so what is found here is true for as long as
 * the session is there.
 *
 * Threads: any; it has a lock of its own, a leaf.
 */
#ifndef SERVER_EVENTS_TRACKING_WHEREABOUTS_H
#define SERVER_EVENTS_TRACKING_WHEREABOUTS_H

#include <stdbool.h>
#include <stdint.h>

struct whereabouts;

struct whereabouts *whereabouts_create(void);
void whereabouts_destroy(struct whereabouts **whereabouts);

/* A session is with the loop of this index, and it has left. */
void whereabouts_add(struct whereabouts *whereabouts, uint64_t session, unsigned loop);
void whereabouts_remove(struct whereabouts *whereabouts, uint64_t session);
/* False: there is none of that id. */
bool whereabouts_find(struct whereabouts *whereabouts, uint64_t session, unsigned *loop);

#endif
