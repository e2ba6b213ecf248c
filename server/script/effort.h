/*
 * effort.h - what functions of C do for a script, counted, since Lua's own count sees nothing of it.
 *
 * One that may go on for long counts its steps, of some nanoseconds each, down from EFFORT_MAX; so does
 * memory that Lua asks for. At zero the clock is looked at (patience.h), and the count begins anew.
 *
 * Threads: of the loop whose Lua it is.
 */
#ifndef SERVER_SCRIPT_EFFORT_H
#define SERVER_SCRIPT_EFFORT_H

#include <stddef.h>

#include <lua5.1/lua.h>

#include "server/script/engine.h"
#include "server/script/patience.h"

/* Not for what may hold more of the loop's than Lua knows of: it may rest, or raise that the script was
 * killed, and then does not return. */
static inline void effort_spend(struct engine *engine, lua_State *lua, size_t steps)
{
    engine->effort -= (ptrdiff_t)steps;
    if (__builtin_expect(engine->effort < 0, 0)) patience_pause(lua);
}

#endif
