#include "server/script/language/complaint.h"

#include <string.h>

#include <lua5.1/lauxlib.h>

static void push_table(lua_State *lua)
{
    lua_createtable(lua, 0, 1);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, "err");
}

void complaint_push(lua_State *lua, const char *text)
{
    lua_pushfstring(lua, "ERR %s", text);
    push_table(lua);
}

int complaint_raise(lua_State *lua, const char *text)
{
    complaint_push(lua, text);
    return lua_error(lua);
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && (text.data[text.len - 1] == '\r' || text.data[text.len - 1] == '\n')) text.len--;
    if (text.len > 0 && text.data[0] == '-') text = slice_of(text.data + 1, text.len - 1);
    return text;
}

/* A single word is no code. */
void complaint_push_reply(lua_State *lua, struct slice text)
{
    text = trim(text);
    bool has_code = text.len > 0 && memchr(text.data, ' ', text.len) != NULL;
    lua_pushstring(lua, has_code ? "" : "ERR ");
    lua_pushlstring(lua, text.data, text.len);
    lua_concat(lua, 2);
    push_table(lua);
}

static void push_any(lua_State *lua, int index)
{
    if (lua_isnil(lua, index))
        lua_pushliteral(lua, "nil");
    else if (lua_isboolean(lua, index))
        lua_pushstring(lua, lua_toboolean(lua, index) ? "true" : "false");
    else if (lua_isstring(lua, index))
        lua_pushvalue(lua, index);
    else
        lua_pushstring(lua, luaL_typename(lua, index));
}

/* The function that raised it, or the one that called that if it is not of Lua. */
static bool find_place(lua_State *lua, lua_Debug *place)
{
    if (!lua_getstack(lua, 1, place)) return false;
    lua_getinfo(lua, "nSl", place);
    if (strcmp(place->what, "C") != 0) return true;
    if (!lua_getstack(lua, 2, place)) return false;
    lua_getinfo(lua, "nSl", place);
    return true;
}

int complaint_describe(lua_State *lua)
{
    lua_Debug place;
    if (!lua_istable(lua, 1)) {
        lua_pushliteral(lua, "ERR ");
        push_any(lua, 1);
        lua_concat(lua, 2);
        push_table(lua);
        lua_replace(lua, 1);
    }
    lua_settop(lua, 1);
    if (!find_place(lua, &place)) return 1;
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, place.source);
    lua_rawset(lua, 1);
    lua_pushliteral(lua, "line");
    lua_pushinteger(lua, place.currentline);
    lua_rawset(lua, 1);
    return 1;
}

static struct slice read_text(lua_State *lua, int index, const char *name)
{
    size_t len = 0;
    lua_pushstring(lua, name);
    lua_rawget(lua, index);
    const char *text = lua_tolstring(lua, -1, &len);
    return slice_of(text, len);
}

void complaint_mark_counted(lua_State *lua)
{
    lua_pushboolean(lua, 1);
    lua_setfield(lua, -2, "ignore_error_stats_update");
}

void complaint_read(lua_State *lua, int index, struct complaint *complaint)
{
    complaint->text = read_text(lua, index, "err");
    complaint->source = read_text(lua, index, "source");
    lua_pushliteral(lua, "line");
    lua_rawget(lua, index);
    complaint->line = (long)lua_tointeger(lua, -1);
    lua_pushliteral(lua, "ignore_error_stats_update");
    lua_rawget(lua, index);
    complaint->counted = lua_toboolean(lua, -1);
    lua_pop(lua, 2);
}
