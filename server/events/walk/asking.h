/*
 * asking.h - clients that wait for a tally of all keys.
 *
 * The walk hurries for them: a slice of 50 us each turn of every loop, however busy, until a round is through
 * that began after they asked.
 *
 * Threads: each function on the loop that it is given.
 */
#ifndef SERVER_EVENTS_WALK_ASKING_H
#define SERVER_EVENTS_WALK_ASKING_H

#include <stddef.h>
#include <stdint.h>

#include "server/exec/session/suspension.h"

struct call;
struct loop;
struct loop_walk;

/* Suspends the call's session, whose answer `answer` writes, outside of an access. `context` is copied. */
void asking_start(struct call *call, suspension_answer answer, const void *context, size_t context_bytes);

/* Answer those whose round is through. */
void asking_answer(struct loop *loop);
/* The loop has ended: who is left is told nothing. */
void asking_drop(struct loop_walk *own);

#endif
