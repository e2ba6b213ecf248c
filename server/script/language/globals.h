/*
 * globals.h - what the Lua of scripts and that of functions are furnished with.
 *
 * Lua's own libraries, as far as Redis has them, with what differs here put in their place, and the server's:
 * each behind a screen (sandbox.h).
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's.
 */
#ifndef SERVER_SCRIPT_LANGUAGE_GLOBALS_H
#define SERVER_SCRIPT_LANGUAGE_GLOBALS_H

#include <lua5.1/lua.h>

enum engine_kind;
struct json_options;

/* Of a new state. `json`: what scripts set of cjson, which outlives the state; NULL: it has its own. */
void globals_build(lua_State *lua, enum engine_kind kind, struct json_options *json);

#endif
