/*
 * play.h - a script or a function that runs: what it says to the server, it says on behalf of the client that
 * called it.
 *
 * It is played inside the access of its command, which has the token (access.h), so it may reach any key and
 * others see all of what it does or nothing. What follows from it is what follows from EXEC: clients that
 * wait for keys are served at its end, and others are told when the access is closed.
 *
 * Threads: the loop of the call.
 */
#ifndef SERVER_SCRIPT_PLAY_H
#define SERVER_SCRIPT_PLAY_H

#include <lua5.1/lua.h>

#include "server/script/play_state.h"

struct call;
struct engine;

/* Tell monitors of the command of a script that is about to be looked for: before what it says itself. */
void play_announce(const struct call *call);
/* Run it, and reply, or let it rest (interlude.h). `given->flags` are what its caller demands of it. */
void play_run(struct engine *engine, const struct play *given);
/* It has run to its end. */
void play_end(struct engine *engine);

/* Of a new engine: what is kept for plays in Lua's registry. */
void play_prepare(lua_State *lua);

#endif
