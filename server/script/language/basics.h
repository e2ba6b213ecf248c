/*
 * basics.h - those of Lua's basic functions that could reach past a screen (sandbox.h), or load bytecode, or
 * that Redis has otherwise.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_BASICS_H
#define SERVER_SCRIPT_BASICS_H

#include <lua5.1/lua.h>

/* Into the table of globals on the top, and, for those of `table`, into Lua's own library. */
void basics_add(lua_State *lua);
/* Of the library of bits, before it is handed out. */
void basics_guard_bits(lua_State *lua);

#endif
