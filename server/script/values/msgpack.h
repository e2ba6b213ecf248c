/*
 * msgpack.h - the functions of `cmsgpack`.
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's.
 */
#ifndef SERVER_SCRIPT_MSGPACK_H
#define SERVER_SCRIPT_MSGPACK_H

#include <lua5.1/lua.h>

int msgpack_pack(lua_State *lua);
/* All values; one from an offset on; so many. Of the latter two the first result is where the next begins, -1
 * for the end. */
int msgpack_unpack(lua_State *lua);
int msgpack_unpack_one(lua_State *lua);
int msgpack_unpack_limit(lua_State *lua);

#endif
