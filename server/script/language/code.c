#include "server/script/language/code.h"

#include <lua5.1/lauxlib.h>

struct source {
    struct slice pieces[2];
    int next;
};

static const char *read_piece(lua_State *lua, void *context, size_t *size)
{
    struct source *source = context;
    (void)lua;
    if (source->next == 2) return NULL;
    struct slice piece = source->pieces[source->next++];
    *size = piece.len;
    return piece.data;
}

/* Lua counts in ints what is in a text, such as signs that make up a bracket. */
#define TEXT_MAX ((size_t)1 << 30)

/* Lua takes for bytecode what begins with a certain byte: behind a blank it is a symbol without a meaning. */
static int load(lua_State *lua, struct slice text, const char *name)
{
    if (text.len == 0) return luaL_loadbuffer(lua, "", 0, name);
    if (text.data[0] != LUA_SIGNATURE[0]) return luaL_loadbuffer(lua, text.data, text.len, name);
    struct source source = { .pieces = { SLICE(" "), text } };
    return lua_load(lua, read_piece, &source, name);
}

/* Garbage stays meanwhile, since not all that the compiler holds is known to be in use; what would have been
 * collected is behind it. */
int code_load(lua_State *lua, struct slice text, const char *name)
{
    if (text.len > TEXT_MAX) {
        lua_pushliteral(lua, "script is too long");
        return LUA_ERRSYNTAX;
    }
    int before_kb = lua_gc(lua, LUA_GCCOUNT, 0);
    lua_gc(lua, LUA_GCSTOP, 0);
    int failure = load(lua, text, name);
    lua_gc(lua, LUA_GCRESTART, 0);
    int grown_kb = lua_gc(lua, LUA_GCCOUNT, 0) - before_kb;
    lua_gc(lua, LUA_GCSTEP, grown_kb > 0 ? grown_kb : 0);
    return failure;
}
