/*
 * chance.h - math.random() and math.randomseed() as Redis has them: lrand48(), the same numbers on any
 * machine. Each loop's Lua draws its own, and goes on drawing from one script to the next.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_CHANCE_H
#define SERVER_SCRIPT_CHANCE_H

#include <lua5.1/lua.h>

/* Into Lua's own library of mathematics. */
void chance_add(lua_State *lua);

#endif
