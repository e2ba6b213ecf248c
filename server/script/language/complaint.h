/*
 * complaint.h - errors as Lua values: tables with `err`, and where they were raised.
 *
 *     { err = "WRONGTYPE Operation against ...", source = "@user_script", line = 1 }
 *
 * What redis.call() raises, redis.pcall() returns and a script returns to fail is such a table; other errors
 * become one when they leave the script.
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's, where memory is short.
 */
#ifndef SERVER_SCRIPT_COMPLAINT_H
#define SERVER_SCRIPT_COMPLAINT_H

#include <stdbool.h>

#include <lua5.1/lua.h>

#include "proto/base/slice.h"

/* Push one with a text of ours, which brings no code: it is ERR. */
void complaint_push(lua_State *lua, const char *text);
/* The same, and raise it. Does not return; for `return complaint_raise(...)`. */
int complaint_raise(lua_State *lua, const char *text);
/* Push one with a text that brings its code, with or without the sign before it. */
void complaint_push_reply(lua_State *lua, struct slice text);

/* Mark the one on top as counted, see below. */
void complaint_mark_counted(lua_State *lua);

/* The handler of lua_pcall(): what is left of any error is a table, with the place. */
int complaint_describe(lua_State *lua);

struct complaint {
    struct slice text;
    struct slice source; /* empty: not known */
    long line;
    bool counted; /* among the errors of the server, by the command that replied it */
};

/* Of the table at `index`, whose strings are pushed: two values. Not to be used where it is none. */
void complaint_read(lua_State *lua, int index, struct complaint *complaint);

#endif
