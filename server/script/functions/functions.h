/*
 * functions.h - the functions that the server has, by library and by name.
 *
 * They are in one Lua for all loops. Whoever runs a function, loads a library or reads this does so inside of
 * an access that has the token (access.h), so one thread at a time is in here: what a library keeps in its
 * local variables from one call to the next is the same for all clients, whatever loop they are on, and a
 * library is replaced for all of them at once. With one loop there is nothing to hold.
 *
 * Threads: who has the token, but for the figures, which are anyone's to read.
 */
#ifndef SERVER_SCRIPT_FUNCTIONS_FUNCTIONS_H
#define SERVER_SCRIPT_FUNCTIONS_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/chains.h"
#include "proto/base/slice.h"

struct engine;
struct function;
struct functions;
struct library;
struct loop;

struct functions *functions_create(void);
/* Of the server's: all loops have ended. */
void functions_destroy(struct functions **functions);

/* Others beside it, in the same Lua: to be destroyed before. */
struct functions *functions_create_beside(struct functions *functions, struct loop *loop);
/* Its Lua, made if there is none; `loop` uses it now. */
struct engine *functions_engine(struct functions *functions, struct loop *loop);

/* NULL: there is none. Names of functions have no regard to case. */
struct function *functions_find(const struct functions *functions, struct slice name);
struct library *functions_find_library(const struct functions *functions, struct slice name);

/* Add it, in the place of `old` if that is not NULL. Nothing else has its name or those of its functions. */
void functions_add(struct functions *functions, struct library *library, struct library *old);
/* The first function of the library whose name is that of another library's, `old` apart; NULL: none is. */
const struct function *functions_clash(const struct functions *functions, const struct library *library,
                                       const struct library *old);
/* Remove it: it is the caller's, who adds it elsewhere. */
void functions_take(struct functions *functions, struct library *library);
/* Destroy one that is in none. */
void functions_drop(struct functions *functions, struct library *library);
/* Remove and destroy it. */
void functions_remove(struct functions *functions, struct library *library);
/* Remove all, and what is left of them in Lua. */
void functions_flush(struct functions *functions);

/* All libraries, in the order in which they came. `*at` is NULL before the first. */
struct library *functions_next(const struct functions *functions, struct library *at);

struct functions_figures {
    size_t libraries;
    size_t functions;
    size_t bytes; /* of texts and names */
    size_t lua_bytes;
};
struct functions_figures functions_figures(const struct functions *functions);

#endif
