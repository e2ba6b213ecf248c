/*
 * interlude.h - work that rests, so that its loop can serve others: a script, a function, or a transaction
 * with some of these in it.
 *
 * It runs on a stack of its own (fiber.h), mostly to its end in one go. If others are told to be busy because
 * of it, it rests every few milliseconds: its client is suspended then, the loop takes its turn, in which
 * commands are refused but for the few that are allowed, and at the end of the turn the work goes on. What is
 * left to be done because of it is put aside meanwhile. A client that goes away stays until the work has
 * ended: what acts on its behalf finds it (session.h, `held`).
 *
 * Threads: the loop's. There is one such work at a time.
 */
#ifndef SERVER_SCRIPT_INTERLUDE_H
#define SERVER_SCRIPT_INTERLUDE_H

#include <stdbool.h>

struct call;
struct engine;
struct loop;

struct interlude_work {
    struct call *call; /* whose work it is */
    /* The same for the time after its first rest, when that is gone: kept by whoever has the work. NULL: it
     * is only the script's that runs, whose reply is written at its end. */
    struct call *kept;
    void (*run)(void *context);
    /* It has rested, and has ended: inside its access. NULL: nothing is to be done then. */
    void (*end)(void *context);
    /* The access is closed: answer the client. NULL: by what the script replied. */
    void (*answer)(void *context);
    void *context;
};

/* Run it. False: it rests, its call is suspended, and the rest will be done by itself. */
bool interlude_run(const struct interlude_work *work);
/* By the script, now and then: rest, if it is time. */
void interlude_consider(struct engine *engine);

/* Is there one to go on with, in this turn? */
bool interlude_is_on(const struct loop *loop);
void interlude_go_on(struct loop *loop);
/* The loop ends: so does the work. */
void interlude_end(struct loop *loop);
void interlude_clear(struct loop *loop);

#endif
