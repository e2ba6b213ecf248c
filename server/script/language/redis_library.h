/*
 * redis_library.h - the table `redis` of scripts.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_REDIS_LIBRARY_H
#define SERVER_SCRIPT_REDIS_LIBRARY_H

#include <lua5.1/lua.h>

/* Into the table of globals on the top. */
void redis_library_add(lua_State *lua);

#endif
