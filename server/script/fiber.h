/*
 * fiber.h - a stack of its own, for work that may stop amid of itself and go on later.
 *
 * Whoever starts it runs on, in the same thread, when the work ends or yields: place.h.
 *
 * Threads: the one that made it.
 */
#ifndef SERVER_SCRIPT_FIBER_H
#define SERVER_SCRIPT_FIBER_H

#include <stdbool.h>

struct fiber;

/* NULL: there is no memory for its stack. */
struct fiber *fiber_create(void);
/* Nothing is under way on it. */
void fiber_destroy(struct fiber **fiber);

/* Run it there. False: it has yielded, and fiber_resume() is owed. */
bool fiber_start(struct fiber *fiber, void (*run)(void *context), void *context);
bool fiber_resume(struct fiber *fiber);
/* By what runs there. */
void fiber_yield(struct fiber *fiber);

#endif
