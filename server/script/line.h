/*
 * line.h - a command that a script says: redis.call() and redis.pcall().
 *
 * It runs through the executor, inside the access of the script, on behalf of a session of the script's own.
 * The shards of its keys, declared or not, are opened before. What it replies becomes a value of Lua's.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_LINE_H
#define SERVER_SCRIPT_LINE_H

#include <lua5.1/lua.h>

/* `call` and `pcall`, into the table on the top. */
void line_add(lua_State *lua);
/* redis.acl_check_cmd() */
int line_is_allowed(lua_State *lua);

#endif
