/*
 * code.h - compiling Lua, from its text only: bytecode is checked by nobody and may do anything.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_CODE_H
#define SERVER_SCRIPT_CODE_H

#include <lua5.1/lua.h>

#include "proto/base/slice.h"

/* As luaL_loadbuffer(): 0 and a function, or Lua's code and a message, is pushed. */
int code_load(lua_State *lua, struct slice text, const char *name);

#endif
