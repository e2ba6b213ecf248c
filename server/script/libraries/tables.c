#include "server/script/libraries/tables.h"

#include <lua5.1/lauxlib.h>
#include <lua5.1/lualib.h>

#include "server/script/effort.h"

static void spend(lua_State *lua, struct engine *engine)
{
    effort_spend(engine, lua, 2);
}

static int length_of(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    return (int)lua_objlen(lua, 1);
}

static void move(lua_State *lua, int from, int to)
{
    lua_rawgeti(lua, 1, from);
    lua_rawseti(lua, 1, to);
}

static int tables_insert(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    int end = length_of(lua) + 1, place = end, count = lua_gettop(lua);
    if (count != 2 && count != 3) return luaL_error(lua, "wrong number of arguments to " LUA_QL("insert"));
    if (count == 3) place = luaL_checkint(lua, 2);
    for (int i = end; i > place; i--) {
        move(lua, i - 1, i);
        spend(lua, engine);
    }
    lua_rawseti(lua, 1, place);
    return 0;
}

static int tables_remove(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    int last = length_of(lua), place = luaL_optint(lua, 2, last);
    if (place < 1 || place > last) return 0;
    lua_rawgeti(lua, 1, place);
    for (; place < last; place++) {
        move(lua, place + 1, place);
        spend(lua, engine);
    }
    lua_pushnil(lua);
    lua_rawseti(lua, 1, last);
    return 1;
}

static void add_field(lua_State *lua, luaL_Buffer *out, int i)
{
    lua_rawgeti(lua, 1, i);
    if (!lua_isstring(lua, -1))
        luaL_error(lua, "invalid value (%s) at index %d in table for " LUA_QL("concat"),
                   luaL_typename(lua, -1), i);
    luaL_addvalue(out);
}

static int tables_concat(lua_State *lua)
{
    luaL_Buffer out;
    size_t len;
    struct engine *engine = engine_of(lua);
    const char *between = luaL_optlstring(lua, 2, "", &len);
    luaL_checktype(lua, 1, LUA_TTABLE);
    int first = luaL_optint(lua, 3, 1);
    int last = lua_isnoneornil(lua, 4) ? (int)lua_objlen(lua, 1) : luaL_checkint(lua, 4);
    luaL_buffinit(lua, &out);
    for (int i = first; i <= last; i++) {
        add_field(lua, &out, i);
        if (i == last) break;
        luaL_addlstring(&out, between, len);
        spend(lua, engine);
    }
    luaL_pushresult(&out);
    return 1;
}

static int tables_maxn(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    lua_Number most = 0;
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_pushnil(lua);
    while (lua_next(lua, 1)) {
        lua_pop(lua, 1);
        if (lua_type(lua, -1) == LUA_TNUMBER && lua_tonumber(lua, -1) > most) most = lua_tonumber(lua, -1);
        spend(lua, engine);
    }
    lua_pushnumber(lua, most);
    return 1;
}

/* The function is the second argument; its own are on the top. Does it give anything but nil? */
static bool ends_walk(lua_State *lua, struct engine *engine)
{
    spend(lua, engine);
    lua_pushvalue(lua, 2);
    lua_insert(lua, -3);
    lua_call(lua, 2, 1);
    if (!lua_isnil(lua, -1)) return true;
    lua_pop(lua, 1);
    return false;
}

static int tables_foreachi(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    int len = length_of(lua);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    for (int i = 1; i <= len; i++) {
        lua_pushinteger(lua, i);
        lua_rawgeti(lua, 1, i);
        if (ends_walk(lua, engine)) return 1;
    }
    return 0;
}

static int tables_foreach(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_pushnil(lua);
    while (lua_next(lua, 1)) {
        lua_pushvalue(lua, -2);
        lua_insert(lua, -2);
        if (ends_walk(lua, engine)) return 1;
    }
    return 0;
}

void tables_add(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "insert", tables_insert },   { "remove", tables_remove },
        { "concat", tables_concat },   { "maxn", tables_maxn },
        { "foreach", tables_foreach }, { "foreachi", tables_foreachi },
        { "sort", tables_sort },       { NULL, NULL },
    };
    lua_getfield(lua, LUA_GLOBALSINDEX, LUA_TABLIBNAME);
    for (const luaL_Reg *reg = functions; reg->name != NULL; reg++) {
        lua_pushcfunction(lua, reg->func);
        lua_setfield(lua, -2, reg->name);
    }
    lua_pop(lua, 1);
}
