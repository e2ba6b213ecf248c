/* string.gsub(). */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <lua5.1/lauxlib.h>

#include "server/script/effort.h"
#include "server/script/libraries/pattern.h"
#include "server/script/libraries/strings.h"

/* Bytes that are copied in the time of a step. */
#define BYTES_A_STEP 16

/* Where the replacement stands among the arguments. */
#define REPLACEMENT 3

struct substitution {
    struct match match;
    luaL_Buffer out;
};

/* `%` and a digit are a capture, 0 all that was matched; `%` and anything else, the zero at the end too, is
 * that. */
static const char *add_escape(struct substitution *sub, const char *at, const char *start, const char *end)
{
    if (!isdigit((unsigned char)*at)) {
        luaL_addchar(&sub->out, *at);
    } else if (*at == '0') {
        luaL_addlstring(&sub->out, start, (size_t)(end - start));
    } else {
        match_push_capture(&sub->match, *at - '1', start, end);
        luaL_addvalue(&sub->out);
    }
    return at + 1;
}

static void add_text(struct substitution *sub, const char *start, const char *end)
{
    size_t len;
    const char *at = lua_tolstring(sub->match.lua, REPLACEMENT, &len), *last = at + len;
    effort_spend(sub->match.engine, sub->match.lua, len / BYTES_A_STEP);
    while (at < last) {
        const char *escape = memchr(at, '%', (size_t)(last - at));
        size_t plain = (size_t)((escape != NULL ? escape : last) - at);
        luaL_addlstring(&sub->out, at, plain);
        at += plain;
        if (escape != NULL) at = add_escape(sub, at + 1, start, end);
    }
}

/* nil and false leave what was there. */
static void add_value(struct substitution *sub, const char *start, const char *end)
{
    lua_State *lua = sub->match.lua;
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        lua_pushlstring(lua, start, (size_t)(end - start));
    } else if (!lua_isstring(lua, -1)) {
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    }
    luaL_addvalue(&sub->out);
}

static void add_replacement(struct substitution *sub, const char *start, const char *end)
{
    lua_State *lua = sub->match.lua;
    switch (lua_type(lua, REPLACEMENT)) {
    case LUA_TFUNCTION:
        lua_pushvalue(lua, REPLACEMENT);
        lua_call(lua, match_push_captures(&sub->match, start, end), 1);
        break;
    case LUA_TTABLE:
        match_push_capture(&sub->match, 0, start, end);
        lua_gettable(lua, REPLACEMENT);
        break;
    default: add_text(sub, start, end); return;
    }
    add_value(sub, start, end);
}

/* Where it is to go on; NULL: it was the last. */
static const char *substitute_at(struct substitution *sub, const char *at, const char *pattern, int *count)
{
    const char *end = match_try(&sub->match, at, pattern);
    if (end != NULL) {
        ++*count;
        add_replacement(sub, at, end);
        if (end > at) return end;
    }
    if (at == sub->match.end) return NULL;
    luaL_addchar(&sub->out, *at);
    return at + 1;
}

/* Returns how many. */
static int substitute(struct substitution *sub, const char *pattern, int most)
{
    const char *at = sub->match.subject;
    bool anchored = *pattern == '^';
    int count = 0;
    if (anchored) pattern++;
    while (count < most) {
        const char *next = substitute_at(sub, at, pattern, &count);
        if (next == NULL) break;
        at = next;
        if (anchored) break;
    }
    luaL_addlstring(&sub->out, at, (size_t)(sub->match.end - at));
    return count;
}

int strings_gsub(lua_State *lua)
{
    size_t len;
    struct substitution sub;
    const char *text = luaL_checklstring(lua, 1, &len);
    const char *pattern = luaL_checkstring(lua, 2);
    int type = lua_type(lua, REPLACEMENT);
    int most = luaL_optint(lua, 4, (lua_Integer)len + 1);
    luaL_argcheck(lua,
                  type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
                  REPLACEMENT, "string/function/table expected");
    match_begin(&sub.match, lua, text, len);
    luaL_buffinit(lua, &sub.out);
    int count = substitute(&sub, pattern, most);
    luaL_pushresult(&sub.out);
    lua_pushinteger(lua, count);
    return 2;
}
