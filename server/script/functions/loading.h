/*
 * loading.h - a library on its way in: its text runs once, to register functions.
 *
 * While it does, it sees redis.register_function() and redis.log(), and nothing else: it may not call
 * commands. It may take half a second.
 *
 * Threads: who has the functions (functions.h).
 */
#ifndef SERVER_SCRIPT_FUNCTIONS_LOADING_H
#define SERVER_SCRIPT_FUNCTIONS_LOADING_H

#include <stdbool.h>
#include <stdint.h>

#include <lua5.1/lua.h>

#include "proto/base/slice.h"

struct buffer;
struct call;
struct engine;
struct functions;
struct library;

struct function_load {
    struct call *call;
    struct library *library; /* what has registered so far */
    uint64_t began;          /* ticks */
    bool is_late;            /* it takes too long */
    size_t code;             /* where its code begins, behind the words of its first line */
};

/* A library becomes one of the functions, in the place of the one of its name where `replace` says so. NULL:
 * it does not, nothing has changed, and `error` says why, without a code. */
struct library *loading_run(struct functions *functions, struct call *call, struct slice text, bool replace,
                            struct buffer *error);

/* By Lua, now and then: raise that it takes too long, if it does. */
void loading_look(struct engine *engine);
/* By the allocator: the same, but it raises nothing. */
bool loading_goes_on(struct engine *engine);

/* redis.register_function() */
int loading_register(lua_State *lua);

#endif
