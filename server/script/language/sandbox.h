/*
 * sandbox.h - what a script sees of the world: Redis's globals, of which none can be changed.
 *
 * Debian's Lua has no tables that are read-only. So each table that scripts share is hidden behind an empty
 * one, a *screen*, whose metatable reads from it and refuses to write, and whatever could reach past that
 * (rawset, setmetatable, getmetatable, next, pairs, rawget, table.insert and its like) looks whether it is
 * given a screen first. What is hidden is found by its screen in Lua's registry.
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's.
 */
#ifndef SERVER_SCRIPT_LANGUAGE_SANDBOX_H
#define SERVER_SCRIPT_LANGUAGE_SANDBOX_H

#include <stdbool.h>

#include <lua5.1/lua.h>

/* The globals; what scripts are shown of the metatable of strings; the globals while a library is loaded. */
enum sandbox_table { SANDBOX_GLOBALS, SANDBOX_STRINGS, SANDBOX_LOADING };

/* Take the table on the top as this one. By who builds them: globals.h. */
void sandbox_keep(lua_State *lua, enum sandbox_table table);

/* Of functions: while a library is loaded it sees only what that is for. The end fails never. */
void sandbox_begin_loading(lua_State *lua);
void sandbox_end_loading(lua_State *lua);

/* Push the table that holds the globals. */
void sandbox_push_globals(lua_State *lua);

/* Push what scripts are shown of the metatable of strings. */
void sandbox_push_strings(lua_State *lua);

/* Of the table on the top: reading what it has not raises that it is no global. */
void sandbox_refuse_other_names(lua_State *lua);

/* Replace the table on the top by a screen before it. */
void screen_put(lua_State *lua);
/* Is it one? */
bool screen_is(lua_State *lua, int index);
/* If it is one, replace it by what it hides. */
bool screen_lift(lua_State *lua, int index);
/* Raise that it cannot be changed, if it is one. */
void screen_guard(lua_State *lua, int index);

#endif
