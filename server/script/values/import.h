/*
 * import.h - a reply as a value of Lua's, as Redis makes it of either protocol.
 *
 *     integer, bulk string        number, string
 *     status, error               { ok = ... }, { err = ... }
 *     array                       a table from 1 on
 *     null                        false in RESP2, nil in RESP3
 *     double, big number          { double = ... }, { big_number = ... }
 *     map, set                    { map = { key = value } }, { set = { member = true } }
 *     verbatim string             { verbatim_string = { format = ..., string = ... } }
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's, where memory is short.
 */
#ifndef SERVER_SCRIPT_IMPORT_H
#define SERVER_SCRIPT_IMPORT_H

#include <stdbool.h>

#include <lua5.1/lua.h>

#include "proto/base/slice.h"

/* Push the one reply that `bytes` are. False: it is an error. */
bool import_reply(lua_State *lua, struct slice bytes);

#endif
