/* string.find(), match() and gmatch(). */
#include <stdbool.h>
#include <string.h>

#include <lua5.1/lauxlib.h>

#include "proto/base/slice.h"
#include "server/script/effort.h"
#include "server/script/libraries/pattern.h"
#include "server/script/libraries/strings.h"

#define SPECIAL "^$*+?.([%-"

/* Bytes of a plain search that are gone through at a time, and in the time of a step. */
#define WINDOW       ((size_t)1 << 20)
#define BYTES_A_STEP 8

/* How often what begins like the word may turn out to be another one before that is taken for the rule. */
#define HASTY_TRIES 16

/* A place in a text, from its end if it is negative, as a distance from its beginning that is within it. */
static size_t offset_of(ptrdiff_t place, size_t len)
{
    if (place < 0) place += (ptrdiff_t)len + 1;
    if (place < 1) return 0;
    return (size_t)place - 1 < len ? (size_t)place - 1 : len;
}

/* In time that grows with both lengths, and not with one times the other. */
static const char *find_steadily(lua_State *lua, struct slice text, struct slice word)
{
    struct engine *engine = engine_of(lua);
    size_t window = word.len > WINDOW ? 2 * word.len : WINDOW + word.len;
    while (text.len >= word.len) {
        size_t now = text.len < window ? text.len : window;
        const char *found = memmem(text.data, now, word.data, word.len);
        size_t seen = found != NULL ? (size_t)(found - text.data) : now;
        effort_spend(engine, lua, seen / BYTES_A_STEP);
        if (found != NULL || now == text.len) return found;
        size_t gone = now - word.len + 1;
        text = slice_of(text.data + gone, text.len - gone);
    }
    return NULL;
}

/* Mostly its first character is rare, and looked for fastest. */
static const char *find_plain(lua_State *lua, struct slice text, struct slice word)
{
    if (word.len == 0) return text.data;
    for (int tries = 0; tries < HASTY_TRIES && text.len >= word.len; tries++) {
        size_t reach = text.len - word.len + 1;
        if (reach > WINDOW) break;
        const char *found = memchr(text.data, word.data[0], reach);
        if (found == NULL) return NULL;
        if (memcmp(found, word.data, word.len) == 0) return found;
        text = slice_of(found + 1, text.len - (size_t)(found + 1 - text.data));
    }
    return find_steadily(lua, text, word);
}

static int reply_none(lua_State *lua)
{
    lua_pushnil(lua);
    return 1;
}

static int find_word(lua_State *lua, const char *text, size_t len, size_t offset)
{
    size_t word_len;
    const char *word = lua_tolstring(lua, 2, &word_len);
    const char *found = find_plain(lua, slice_of(text + offset, len - offset), slice_of(word, word_len));
    if (found == NULL) return reply_none(lua);
    lua_pushinteger(lua, found - text + 1);
    lua_pushinteger(lua, found - text + (ptrdiff_t)word_len);
    return 2;
}

static const char *find_pattern(struct match *match, const char **start, const char *pattern)
{
    if (*pattern == '^') return match_try(match, *start, pattern + 1);
    return match_search(match, start, pattern);
}

static int search(lua_State *lua, bool tells_place)
{
    size_t len;
    struct match match;
    const char *text = luaL_checklstring(lua, 1, &len);
    const char *pattern = luaL_checkstring(lua, 2);
    const char *start = text + offset_of(luaL_optinteger(lua, 3, 1), len);
    if (tells_place && (lua_toboolean(lua, 4) || strpbrk(pattern, SPECIAL) == NULL))
        return find_word(lua, text, len, (size_t)(start - text));
    match_begin(&match, lua, text, len);
    const char *end = find_pattern(&match, &start, pattern);
    if (end == NULL) return reply_none(lua);
    if (!tells_place) return match_push_captures(&match, start, end);
    lua_pushinteger(lua, start - text + 1);
    lua_pushinteger(lua, end - text);
    return match_push_captures(&match, NULL, NULL) + 2;
}

int strings_find(lua_State *lua)
{
    return search(lua, true);
}

int strings_match(lua_State *lua)
{
    return search(lua, false);
}

/* The iterator: its upvalues are the text, the pattern, and where to go on. */
static int match_next(lua_State *lua)
{
    size_t len;
    struct match match;
    const char *text = lua_tolstring(lua, lua_upvalueindex(1), &len);
    const char *pattern = lua_tostring(lua, lua_upvalueindex(2));
    const char *start = text + lua_tointeger(lua, lua_upvalueindex(3));
    match_begin(&match, lua, text, len);
    const char *end = match_search(&match, &start, pattern);
    if (end == NULL) return 0;
    lua_pushinteger(lua, end - text + (end == start ? 1 : 0));
    lua_replace(lua, lua_upvalueindex(3));
    return match_push_captures(&match, start, end);
}

int strings_gmatch(lua_State *lua)
{
    luaL_checkstring(lua, 1);
    luaL_checkstring(lua, 2);
    lua_settop(lua, 2);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, match_next, 3);
    return 1;
}
