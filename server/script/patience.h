/*
 * patience.h - what is done about a script that takes long.
 *
 * Lua calls from time to time, counting its instructions; so do functions of C that go on for long, and the
 * memory that Lua asks for (effort.h). After some milliseconds the shards that the script
 * has are kept for long (hold.h), so that no thread waits for them. From `busy-reply-threshold` on whoever
 * asks anything is told that the server is busy. A script that is to end ends here, with an error that it
 * cannot catch.
 *
 * An instruction may go through all of a value. So the larger the largest is that a script was given memory
 * for, the fewer instructions are between two calls.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_PATIENCE_H
#define SERVER_SCRIPT_PATIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua5.1/lua.h>

struct call;
struct engine;
struct play;

/* From now on Lua calls. */
void patience_begin(lua_State *lua);
/* The script begins: it has no large values yet. */
void patience_renew(struct engine *engine);
/* Raise that it was killed. */
int patience_raise(lua_State *lua);
/* A call goes on for so long: from some milliseconds on nobody waits for what it has locked. */
void patience_keep(struct call *call, int64_t ns);
/* The script is over. */
void patience_end(struct engine *engine, struct play *play);

/* By a function of C, amid what it does: as when Lua calls. May rest, and may raise. */
void patience_pause(lua_State *lua);
/* By the allocator: the same, but it raises nothing. False: the script is to end, and gets no more. */
bool patience_grants_memory(struct engine *engine);
/* By the allocator: this is the largest piece so far. */
void patience_note_size(struct engine *engine, size_t bytes);
/* By whoever resumes a coroutine: count its instructions as those of the script. */
void patience_watch(struct engine *engine, lua_State *lua);

#endif
