/*
 * output.h - what a library writes before it becomes a string of Lua's: bounded, since a table that holds
 * another one many times is written many times as long as it is.
 *
 * The buffer is the engine's, as an error of Lua's would leave one behind.
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's, "not enough memory" where it passes the limit of
 * Lua's.
 */
#ifndef SERVER_SCRIPT_OUTPUT_H
#define SERVER_SCRIPT_OUTPUT_H

#include <lua5.1/lua.h>

#include "proto/base/buffer.h"

struct engine;

struct output {
    lua_State *lua;
    struct engine *engine;
    struct buffer *bytes;
};

/* Nothing yet. One at a time. */
struct output output_begin(lua_State *lua);
/* Before each value, and before what is long: counts the effort, and the bytes with what comes. */
void output_spend(const struct output *output, size_t coming);
/* Push it. */
void output_push(const struct output *output);

#endif
