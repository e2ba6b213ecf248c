#include "server/script/language/chance.h"

#include <math.h>
#include <stdint.h>

#include <lua5.1/lauxlib.h>
#include <lua5.1/lualib.h>

#include "server/script/engine.h"

#define LARGEST INT32_MAX

/* POSIX: 48 bits, of which the upper 31 are told. */
static int32_t draw(struct engine *engine)
{
    engine->chance = (engine->chance * UINT64_C(0x5deece66d) + 0xb) & ((UINT64_C(1) << 48) - 1);
    return (int32_t)(engine->chance >> 17);
}

static int draw_number(lua_State *lua)
{
    lua_Number drawn = (lua_Number)(draw(engine_of(lua)) % LARGEST) / (lua_Number)LARGEST;
    int count = lua_gettop(lua);
    if (count == 0) {
        lua_pushnumber(lua, drawn);
        return 1;
    }
    if (count > 2) return luaL_error(lua, "wrong number of arguments");
    int lower = count == 2 ? luaL_checkint(lua, 1) : 1;
    int upper = luaL_checkint(lua, count);
    luaL_argcheck(lua, lower <= upper, count, "interval is empty");
    lua_pushnumber(lua, floor(drawn * ((lua_Number)upper - lower + 1)) + lower);
    return 1;
}

static int seed(lua_State *lua)
{
    uint32_t number = (uint32_t)luaL_checkint(lua, 1);
    engine_of(lua)->chance = (uint64_t)number << 16 | 0x330e;
    return 0;
}

void chance_add(lua_State *lua)
{
    lua_getfield(lua, LUA_GLOBALSINDEX, LUA_MATHLIBNAME);
    lua_pushcfunction(lua, draw_number);
    lua_setfield(lua, -2, "random");
    lua_pushcfunction(lua, seed);
    lua_setfield(lua, -2, "randomseed");
    lua_pop(lua, 1);
}
