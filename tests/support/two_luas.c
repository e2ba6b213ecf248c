#include "tests/support/two_luas.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua5.1/lauxlib.h>
#include <lua5.1/lua-cjson.h>
#include <lua5.1/lualib.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/script/engines.h"

#define LIMIT_BYTES ((size_t)256 << 20)
#define DEPTH_MAX   1200

static size_t their_bytes;

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    (void)context;
    if (size > old_size && their_bytes + size - old_size > LIMIT_BYTES) return NULL;
    their_bytes += size - old_size;
    if (size > 0) return realloc(old, size);
    free(old);
    return NULL;
}

void two_luas_open(struct two_luas *luas)
{
    *luas = (struct two_luas){ .loop = ALLOC_NEW(struct loop) };
    struct engine *engine = engines_get(luas->loop);
    engine->limit_bytes = LIMIT_BYTES;
    luas->ours = engine->lua;
    luas->theirs = lua_newstate(allocate, NULL);
    luaL_openlibs(luas->theirs);
    lua_pushcfunction(luas->theirs, luaopen_cjson);
    lua_call(luas->theirs, 0, 1);
    lua_setfield(luas->theirs, LUA_GLOBALSINDEX, "cjson");
}

void two_luas_close(struct two_luas *luas)
{
    engines_clear(luas->loop);
    lua_close(luas->theirs);
    buffer_clear(&luas->our_words);
    buffer_clear(&luas->their_words);
    alloc_free(luas->loop);
}

static void tell_value(lua_State *lua, struct buffer *words, int depth);

static void tell_table(lua_State *lua, struct buffer *words, int depth)
{
    buffer_append(words, "{ ", 2);
    lua_pushnil(lua);
    while (depth < DEPTH_MAX && lua_checkstack(lua, 4) && lua_next(lua, -2)) {
        lua_pushvalue(lua, -2);
        tell_value(lua, words, depth + 1);
        tell_value(lua, words, depth + 1);
    }
    buffer_append(words, "} ", 2);
}

/* And pop it. */
static void tell_value(lua_State *lua, struct buffer *words, int depth)
{
    char text[64];
    size_t len;
    int type = lua_type(lua, -1), used = 0;
    if (type == LUA_TNUMBER)
        used = snprintf(text, sizeof(text), "%.17g ", lua_tonumber(lua, -1));
    else if (type == LUA_TBOOLEAN)
        used = snprintf(text, sizeof(text), "%d? ", lua_toboolean(lua, -1));
    else
        used = snprintf(text, sizeof(text), "%s ", lua_typename(lua, type));
    buffer_append(words, text, (size_t)used);
    if (type == LUA_TSTRING) {
        const char *value = lua_tolstring(lua, -1, &len);
        buffer_append(words, value, len);
        buffer_append(words, " ", 1);
    }
    if (type == LUA_TTABLE) tell_table(lua, words, depth);
    lua_pop(lua, 1);
}

static void push_compiled(lua_State *lua, const char *code)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, code);
    if (lua_isfunction(lua, -1)) return;
    lua_pop(lua, 1);
    if (luaL_loadbuffer(lua, code, strlen(code), "=code") != 0) abort();
    lua_pushvalue(lua, -1);
    lua_setfield(lua, LUA_REGISTRYINDEX, code);
}

void two_luas_tell(lua_State *lua, const char *code, const struct slice *arguments, int count,
                   struct buffer *words)
{
    words->len = 0;
    lua_settop(lua, 0);
    push_compiled(lua, code);
    for (int i = 0; i < count; i++) lua_pushlstring(lua, arguments[i].data, arguments[i].len);
    if (lua_pcall(lua, count, LUA_MULTRET, 0) != 0) buffer_append(words, "error ", 6);
    for (int left = lua_gettop(lua); left > 0; left--) {
        lua_pushvalue(lua, 1);
        lua_remove(lua, 1);
        tell_value(lua, words, 0);
    }
}

bool two_luas_agree(struct two_luas *luas, const char *code, const struct slice *arguments, int count)
{
    two_luas_tell(luas->ours, code, arguments, count, &luas->our_words);
    two_luas_tell(luas->theirs, code, arguments, count, &luas->their_words);
    return slice_equal(buffer_slice(&luas->our_words), buffer_slice(&luas->their_words));
}
