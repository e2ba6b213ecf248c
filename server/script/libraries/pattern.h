/*
 * pattern.h - patterns of Lua, matched in counted steps and a bounded depth.
 *
 * The language is that of Lua 5.1, and so are its errors. Two things differ from Lua's own matcher: however
 * long it tries, the script can be killed and others are told that it is busy (effort.h); and a pattern of
 * more items that may repeat than the stack has room for is refused ("pattern too complex") where Lua would
 * crash.
 *
 * A pattern ends at its first zero byte.
 *
 * Threads: of the loop whose Lua it is. Errors: Lua's, where a pattern is malformed.
 */
#ifndef SERVER_SCRIPT_PATTERN_H
#define SERVER_SCRIPT_PATTERN_H

#include <stddef.h>

#include <lua5.1/lua.h>

struct engine;

/* In the place of a length: not closed yet; one that tells where it stands. */
enum { CAPTURE_OPEN = -1, CAPTURE_PLACE = -2 };

struct capture {
    const char *start;
    ptrdiff_t len;
};

struct match {
    lua_State *lua;
    struct engine *engine;
    const char *subject; /* a zero byte stands at its end */
    const char *end;
    int depth;
    int captures;
    struct capture capture[LUA_MAXCAPTURES];
};

/* The subject is a string of Lua's that stays on its stack for as long as the match is used. */
void match_begin(struct match *match, lua_State *lua, const char *subject, size_t len);

/* Where it ends if it begins at `at`; NULL: it does not. */
const char *match_try(struct match *match, const char *at, const char *pattern);
/* The first place from `*at` on, where it then is; NULL: none. */
const char *match_search(struct match *match, const char **at, const char *pattern);

/* Of what was matched from `start` to `end`: one capture, which is all of it if the pattern has none. */
void match_push_capture(struct match *match, int index, const char *start, const char *end);
/* All of them; without `start`, none is none. Returns how many. */
int match_push_captures(struct match *match, const char *start, const char *end);

#endif
