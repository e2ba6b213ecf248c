/*
 * engine.h - a Lua, and all that it keeps for scripts: one for each loop, and one for functions.
 *
 * Made when a script first comes, and kept (engines.h). Its memory is its own and limited: a script that asks
 * for more ends with an error. Functions of Lua's side find their engine by engine_of().
 *
 * Threads: that of functions belongs to whoever has the token (functions.h), the others to their loop; the
 * figures are anyone's to read.
 */
#ifndef SERVER_SCRIPT_ENGINE_H
#define SERVER_SCRIPT_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua5.1/lua.h>

#include "proto/base/buffer.h"
#include "proto/base/chains.h"
#include "proto/base/slice.h"
#include "server/exec/session/session.h"
#include "server/script/play_state.h"

struct function_load;
struct loop;

enum engine_kind { ENGINE_SCRIPTS, ENGINE_FUNCTIONS };

struct engine;

/* What those above do while a script takes long (patience.h). */
struct engine_pauses {
    void (*rest)(struct engine *engine);         /* if it is time: interlude.h */
    void (*look_at_load)(struct engine *engine); /* loading.h */
    bool (*load_goes_on)(struct engine *engine);
};

struct engine {
    struct loop *loop; /* that uses it */
    const struct engine_pauses *pauses;
    lua_State *lua;
    _Atomic size_t used_bytes; /* by Lua */
    size_t limit_bytes;        /* 0: none */
    size_t collected_bytes;    /* used when garbage was last collected for want of memory */
    size_t largest_bytes;      /* that the script that runs was given in one piece */
    ptrdiff_t effort;          /* steps until the clock is looked at: effort.h */
    lua_State *running;        /* the script itself, or the coroutine that it is in */
    int perform;               /* place in Lua's registry: play.c */
    struct play *play;         /* the script that runs: `current`; NULL: none */
    struct play current;
    struct function_load *load; /* the library that is loaded; NULL: none */
    struct session session;     /* of what a script says */
    struct buffer reply;        /* of the command that it has said last */
    struct buffer packed;       /* what cmsgpack is writing */
    struct buffer numbers;      /* its arguments that are numbers, as text */
    struct slice *argv;
    size_t argv_cap;
    uint64_t chance;       /* of math.random() */
    struct chains by_sha1; /* compiled scripts: repertoire.h */
    struct chains by_text; /* the same */
    uint64_t departures_seen;
    _Atomic size_t compiled; /* how many there are */
};

/* Take the value on the top into Lua's registry, under a number by which luaL_unref() drops it. */
int engine_keep(struct engine *engine);

/* Collect garbage, if it may be what much of the memory holds: Lua itself does not before it fails. */
void engine_make_room(struct engine *engine);

/* Whose Lua it is. */
struct engine *engine_of(lua_State *lua);

static inline size_t engine_used_bytes(const struct engine *engine)
{
    return atomic_load_explicit(&engine->used_bytes, memory_order_relaxed);
}

#endif
