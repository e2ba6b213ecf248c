/*
 * patrons.h - the patrons of a loop that are to be looked at: given what has come for them, or let go on.
 *
 * Threads: the loop, but for patrons_wake().
 */
#ifndef SERVER_UPSTREAM_CLIENTS_PATRONS_H
#define SERVER_UPSTREAM_CLIENTS_PATRONS_H

struct loop;
struct tier;

/* Give clients what has come, and let those go on who may. */
void patrons_deliver(struct loop *loop);
/* Let all held clients ask again. Any loop. */
void patrons_wake(struct tier *tier);

#endif
