#include "server/script/language/sandbox.h"

#include <lua5.1/lauxlib.h>

static const char *const names[] = {
    [SANDBOX_GLOBALS] = "nuthatch.globals",
    [SANDBOX_STRINGS] = "nuthatch.strings",
    [SANDBOX_LOADING] = "nuthatch.loading",
};

void sandbox_keep(lua_State *lua, enum sandbox_table table)
{
    lua_setfield(lua, LUA_REGISTRYINDEX, names[table]);
}

void sandbox_push_globals(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, names[SANDBOX_GLOBALS]);
}

/* Of a name that is no global. */
static int refuse_unknown(lua_State *lua)
{
    if (!lua_isstring(lua, 2))
        return luaL_error(lua, "Second argument to luaProtectedTableError must be a string or number");
    return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'",
                      lua_tostring(lua, 2));
}

void sandbox_push_strings(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, names[SANDBOX_STRINGS]);
}

void sandbox_refuse_other_names(lua_State *lua)
{
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, refuse_unknown);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

/* What the screen before the globals reads from. The table is there already: nothing is made. */
static void show(lua_State *lua, const char *name)
{
    lua_pushvalue(lua, LUA_GLOBALSINDEX);
    lua_getmetatable(lua, -1);
    lua_getfield(lua, LUA_REGISTRYINDEX, name);
    lua_setfield(lua, -2, "__index");
    lua_pop(lua, 2);
}

void sandbox_begin_loading(lua_State *lua)
{
    show(lua, names[SANDBOX_LOADING]);
}

void sandbox_end_loading(lua_State *lua)
{
    show(lua, names[SANDBOX_GLOBALS]);
}
