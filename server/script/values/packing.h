/*
 * packing.h - the libraries `struct` and `cmsgpack` of scripts, which behave as those of Redis.
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's.
 */
#ifndef SERVER_SCRIPT_PACKING_H
#define SERVER_SCRIPT_PACKING_H

#include <lua5.1/lua.h>

/* Push the library. */
void struct_library_push(lua_State *lua);
void msgpack_library_push(lua_State *lua);

#endif
