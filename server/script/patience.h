/*
 * patience.h - what is done about a script that takes long.
 *
 * Lua calls from time to time, counting its instructions. After some milliseconds the shards that the script
 * has are kept for long (hold.h), so that no thread waits for them. From `busy-reply-threshold` on whoever
 * asks anything is told that the server is busy. A script that is to end ends here, with an error that it
 * cannot catch.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_PATIENCE_H
#define SERVER_SCRIPT_PATIENCE_H

#include <lua5.1/lua.h>

struct engine;
struct play;

/* From now on Lua calls. */
void patience_begin(lua_State *lua);
/* Raise that it was killed. */
int patience_raise(lua_State *lua);
/* The script is over. */
void patience_end(struct engine *engine, struct play *play);

#endif
