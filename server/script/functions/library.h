/*
 * library.h - a library of functions: its text, and what that has registered.
 *
 * Threads: of who has the functions (functions.h).
 */
#ifndef SERVER_SCRIPT_FUNCTIONS_LIBRARY_H
#define SERVER_SCRIPT_FUNCTIONS_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include <lua5.1/lua.h>

#include "proto/base/chains.h"
#include "proto/base/slice.h"

struct library;

struct function {
    struct chain by_name; /* first; no regard to case */
    struct function *next;
    struct library *library;
    uint32_t flags; /* of enum script_flag */
    int callback;   /* place in Lua's registry */
    size_t bytes;
    struct slice description; /* without data: none */
    size_t name_len;
    char name[]; /* a zero byte follows */
};

struct library {
    struct chain by_name;            /* first */
    struct library *previous, *next; /* in the order in which they came: functions.h */
    char *name;
    size_t name_len;
    char *text;
    size_t text_len;
    struct function *functions; /* in the order in which they were registered */
    struct function **last;
    size_t count;
    size_t bytes;
};

/* Takes the name. The text is copied. */
struct library *library_create(char *name, size_t name_len, struct slice text);
/* Its callbacks leave the registry. It is in no table. */
void library_destroy(struct library *library, lua_State *lua);

/* NULL: it has none of that name. */
struct function *library_find(const struct library *library, struct slice name);
/* It has none of that name. Takes the callback. A description without data is none. */
void library_add(struct library *library, struct slice name, struct slice description, uint32_t flags,
                 int callback);

static inline struct slice library_name(const struct library *library)
{
    return slice_of(library->name, library->name_len);
}

static inline struct slice library_text(const struct library *library)
{
    return slice_of(library->text, library->text_len);
}

static inline struct slice function_name(const struct function *function)
{
    return slice_of(function->name, function->name_len);
}

#endif
