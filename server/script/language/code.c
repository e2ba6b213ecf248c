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

/* Lua takes for bytecode what begins with a certain byte: behind a blank it is a symbol without a meaning. */
int code_load(lua_State *lua, struct slice text, const char *name)
{
    if (text.len == 0) return luaL_loadbuffer(lua, "", 0, name);
    if (text.data[0] != LUA_SIGNATURE[0]) return luaL_loadbuffer(lua, text.data, text.len, name);
    struct source source = { .pieces = { SLICE(" "), text } };
    return lua_load(lua, read_piece, &source, name);
}
