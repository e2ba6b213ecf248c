/*
 * interlude.h - a script that rests, so that its loop can serve others.
 *
 * A script runs on a stack of its own (fiber.h), mostly to its end in one go. One that others are told to be
 * busy with rests every few milliseconds: its client is suspended then, the loop takes its turn, in which
 * commands are refused but for the few that are allowed, and at the end of the turn the script goes on. What
 * is left to be done because of it is put aside meanwhile. One inside of a transaction does not rest.
 *
 * Threads: the engine's loop.
 */
#ifndef SERVER_SCRIPT_INTERLUDE_H
#define SERVER_SCRIPT_INTERLUDE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"

struct aftermath;
struct engine;
struct fiber;
struct loop;
struct user;

struct interlude {
    struct fiber *fiber;
    bool resting;
    uint64_t slice_began; /* ticks */
    struct call call;     /* the script's, from its first rest on */
    struct reply reply;
    struct buffer late;          /* what it replies then */
    uint64_t client;             /* the number of its session */
    struct session nobody;       /* in the place of a client that has gone */
    struct user *user;           /* as whom the script acts, held: also when its client has gone */
    uint32_t gates;              /* of that: GATE_RESTRICTED, or none */
    struct aftermath *aftermath; /* what is put aside */
    bool unserved;
};

/* Run the engine's play by `perform`. False: it rests, and its call is suspended. */
bool interlude_begin(struct engine *engine, void (*perform)(void *engine));
/* By the script, now and then: rest, if it is time. */
void interlude_consider(struct engine *engine);
void interlude_clear(struct engine *engine);

/* Is there one to go on with, in this turn? */
bool interlude_is_on(const struct loop *loop);
void interlude_go_on(struct loop *loop);
/* The loop ends: so does the script. */
void interlude_end(struct loop *loop);

#endif
