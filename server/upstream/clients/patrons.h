/*
 * patrons.h - the patrons of a loop that are to be looked at: given what has come for them, or let go on.
 *
 * Threads: the loop, but for those that wake.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_PATRONS_H
#define SERVER_UPSTREAM_CLIENTS_PATRONS_H

struct loop;
struct tier;

/* Give clients what has come, and let those go on who may. */
void patrons_deliver(struct loop *loop);
/* Let all ask again that are held for the link or for room; that wait for a copy. Any loop. */
void patrons_wake(struct tier *tier);
void patrons_wake_expecting(struct tier *tier);

#endif
