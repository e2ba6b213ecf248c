/*
 * tables.h - those functions of Lua's table library that go through a table, counting what they do
 * (effort.h).
 *
 * What they reply, the order in which they ask and compare, and their errors are those of Lua 5.1.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_TABLES_H
#define SERVER_SCRIPT_TABLES_H

#include <lua5.1/lua.h>

/* Into the library `table` of a new state, in the place of Lua's own. */
void tables_add(lua_State *lua);

/* Of those. */
int tables_sort(lua_State *lua);

#endif
