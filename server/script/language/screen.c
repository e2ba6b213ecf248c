#include <lua5.1/lauxlib.h>

#include "server/script/language/sandbox.h"

static int refuse_write(lua_State *lua)
{
    return luaL_error(lua, "Attempt to modify a readonly table");
}

void screen_put(lua_State *lua)
{
    lua_newtable(lua); /* the screen */
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_pushvalue(lua, -1);
    lua_pushvalue(lua, -3);
    lua_rawset(lua, LUA_REGISTRYINDEX);
    lua_replace(lua, -2);
}

/* What most tables lack is asked first. */
static bool push_hidden(lua_State *lua, int index)
{
    if (!lua_istable(lua, index) || !lua_getmetatable(lua, index)) return false;
    lua_pop(lua, 1);
    lua_pushvalue(lua, index);
    lua_rawget(lua, LUA_REGISTRYINDEX);
    if (lua_istable(lua, -1)) return true;
    lua_pop(lua, 1);
    return false;
}

bool screen_is(lua_State *lua, int index)
{
    bool is = push_hidden(lua, index);
    if (is) lua_pop(lua, 1);
    return is;
}

bool screen_lift(lua_State *lua, int index)
{
    bool is = push_hidden(lua, index);
    if (is) lua_replace(lua, index);
    return is;
}

void screen_guard(lua_State *lua, int index)
{
    if (!screen_is(lua, index)) return;
    lua_pushliteral(lua, "Attempt to modify a readonly table");
    lua_error(lua);
}
