/*
 * export.h - what a script returns, as a reply.
 *
 *     number                      an integer, cut towards zero
 *     string                      bulk string
 *     true, false                 1 and null, or booleans once the script has chosen RESP3
 *     nil, a function             null
 *     { err = ... }, { ok = ... } an error, a status
 *     { double = ... } and the other tables of import.h, as what they were made of
 *     any other table             an array, up to its first nil
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's, where memory is short: what was written so far is void
 * then.
 */
#ifndef SERVER_SCRIPT_EXPORT_H
#define SERVER_SCRIPT_EXPORT_H

#include <lua5.1/lua.h>

struct reply;

/* Write the value on the top, and pop it. `protocol` is the one that the script has chosen. */
void export_value(lua_State *lua, struct reply *reply, int protocol);

#endif
