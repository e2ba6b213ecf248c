/*
 * strings.h - those functions of Lua's string library that could go on for long unseen: they count what they
 * do (effort.h). What they reply, and their errors, are those of Lua 5.1.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_STRINGS_H
#define SERVER_SCRIPT_STRINGS_H

#include <lua5.1/lua.h>

/* Into the library `string` of a new state, in the place of Lua's own. */
void strings_add(lua_State *lua);

/* Of those: searches and replacements by a pattern. */
int strings_find(lua_State *lua);
int strings_match(lua_State *lua);
int strings_gmatch(lua_State *lua);
int strings_gsub(lua_State *lua);

#endif
