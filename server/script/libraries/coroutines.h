/*
 * coroutines.h - resuming coroutines: each has a count of instructions of its own in Lua, so that many of
 * them could go on for ever without one that reaches its end.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_COROUTINES_H
#define SERVER_SCRIPT_COROUTINES_H

#include <lua5.1/lua.h>

/* Into the library `coroutine` of a new state, in the place of Lua's own. */
void coroutines_add(lua_State *lua);

#endif
