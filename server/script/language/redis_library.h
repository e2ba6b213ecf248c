/*
 * redis_library.h - the table `redis` of scripts.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_REDIS_LIBRARY_H
#define SERVER_SCRIPT_REDIS_LIBRARY_H

#include <lua5.1/lua.h>

enum engine_kind;

/* Into the table of globals on the top. */
void redis_library_add(lua_State *lua, enum engine_kind kind);
/* The same of a library of functions that is loaded. */
void redis_library_add_for_loading(lua_State *lua);

#endif
