/*
 * hits.h - reads that are answered from local copies: when they may be, and that they were.
 *
 * Threads: the loop.
 */
#ifndef SERVER_UPSTREAM_COPIES_HITS_H
#define SERVER_UPSTREAM_COPIES_HITS_H

#include <stdbool.h>

struct call;
struct loop;

/* At the start of a batch: what is true of the link as long as it runs, and loop->serves_copies. */
void hits_look(struct loop *loop);
/* Inside the access of a call that is guarded: may it run here? */
bool hits_may_answer(struct call *call);
/* A read was answered from local copies. */
void hits_note(struct call *call);

#endif
