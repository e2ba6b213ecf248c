#include "server/script/language/basics.h"

#include <math.h>
#include <stdint.h>

#include <lua5.1/lauxlib.h>
#include <lua5.1/lualib.h>

#include "server/script/language/code.h"
#include "server/script/language/sandbox.h"
#include "server/script/patience.h"

/* The handler runs when the stack is unwound: Lua would call it from within the hook that ends a script,
 * where no hook runs, and nothing could end it. Whoever calls it finds no difference, since there is no
 * `debug` to look at the stack with. For want of memory, Lua calls none. */
static int basics_xpcall(lua_State *lua)
{
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    lua_insert(lua, 1);
    int status = lua_pcall(lua, 0, LUA_MULTRET, 0);
    if (status != 0 && status != LUA_ERRMEM) {
        lua_pushvalue(lua, 1);
        lua_insert(lua, -2);
        lua_pcall(lua, 1, 1, 0);
    }
    lua_pushboolean(lua, status == 0);
    lua_replace(lua, 1);
    return lua_gettop(lua);
}

static int basics_next(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 2);
    screen_lift(lua, 1);
    if (lua_next(lua, 1)) return 2;
    lua_pushnil(lua);
    return 1;
}

static int basics_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_pushcfunction(lua, basics_next);
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    return 3;
}

static int basics_rawget(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    screen_lift(lua, 1);
    lua_rawget(lua, 1);
    return 1;
}

static int basics_rawset(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    luaL_checkany(lua, 3);
    lua_settop(lua, 3);
    screen_guard(lua, 1);
    lua_rawset(lua, 1);
    return 1;
}

/* A screen has the metatable of what it hides, if that has one. */
static int basics_getmetatable(lua_State *lua)
{
    luaL_checkany(lua, 1);
    if (lua_type(lua, 1) == LUA_TSTRING) {
        sandbox_push_strings(lua);
        return 1;
    }
    bool shared = screen_lift(lua, 1);
    if (!lua_getmetatable(lua, 1)) {
        lua_pushnil(lua);
        return 1;
    }
    if (shared) {
        screen_put(lua);
        return 1;
    }
    luaL_getmetafield(lua, 1, "__metatable");
    return 1;
}

static int basics_setmetatable(lua_State *lua)
{
    int type = lua_type(lua, 2);
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argcheck(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
    screen_guard(lua, 1);
    if (luaL_getmetafield(lua, 1, "__metatable")) luaL_error(lua, "cannot change a protected metatable");
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

/* Redis tells who catches a complaint its text; of one that has none, nothing but that comes behind it. */
static void tell_text(lua_State *lua)
{
    if (!lua_istable(lua, -1)) return;
    lua_getfield(lua, -1, "err");
    if (lua_isstring(lua, -1)) lua_replace(lua, -2);
}

static int basics_pcall(lua_State *lua)
{
    luaL_checkany(lua, 1);
    int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
    if (status != 0) tell_text(lua);
    lua_pushboolean(lua, status == 0);
    lua_insert(lua, 1);
    return lua_gettop(lua);
}

static int load_text(lua_State *lua, struct slice text, const char *name)
{
    if (code_load(lua, text, name) == 0) return 1;
    lua_pushnil(lua);
    lua_insert(lua, -2);
    return 2;
}

static int basics_loadstring(lua_State *lua)
{
    size_t len;
    const char *text = luaL_checklstring(lua, 1, &len);
    const char *name = luaL_optstring(lua, 2, text);
    return load_text(lua, slice_of(text, len), name);
}

/* Of what the function gives, piece by piece, until it gives nothing. */
static int basics_load(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    const char *name = luaL_optstring(lua, 2, "=(load)");
    lua_settop(lua, 2);
    lua_pushliteral(lua, "");
    for (;;) {
        lua_pushvalue(lua, 1);
        lua_call(lua, 0, 1);
        if (lua_isnil(lua, -1)) break;
        if (!lua_isstring(lua, -1)) luaL_error(lua, "reader function must return a string");
        if (lua_objlen(lua, -1) == 0) break;
        lua_concat(lua, 2);
    }
    size_t len;
    const char *text = lua_tolstring(lua, 3, &len);
    return load_text(lua, slice_of(text, len), name);
}

enum garbage { STOP, RESTART, COLLECT, COUNT, STEP, PAUSE, PACE };

/* Lua's own, in hundredths. */
#define USUAL_PACE 200

/* When garbage is collected is the same for all scripts: who would have it otherwise is told what is. */
static int basics_collectgarbage(lua_State *lua)
{
    static const char *const options[] = { "stop", "restart",  "collect",    "count",
                                           "step", "setpause", "setstepmul", NULL };
    int option = luaL_checkoption(lua, 1, "collect", options), amount = luaL_optint(lua, 2, 0);
    switch (option) {
    case COLLECT: lua_pushinteger(lua, lua_gc(lua, LUA_GCCOLLECT, 0)); break;
    case STEP: lua_pushboolean(lua, lua_gc(lua, LUA_GCSTEP, amount)); break;
    case COUNT:
        lua_pushnumber(lua, lua_gc(lua, LUA_GCCOUNT, 0) + lua_gc(lua, LUA_GCCOUNTB, 0) / 1024.0);
        break;
    case PAUSE:
    case PACE: lua_pushinteger(lua, USUAL_PACE); break;
    default: lua_pushinteger(lua, 0); break;
    }
    if (option == COLLECT || option == STEP) patience_pause(lua);
    return 1;
}

/* Of a function of Lua's library that changes its first argument; that function itself is kept with it. */
static int change_unscreened(lua_State *lua)
{
    screen_guard(lua, 1);
    lua_CFunction change = lua_tocfunction(lua, lua_upvalueindex(1));
    return change(lua);
}

static void guard_changes(lua_State *lua)
{
    static const char *const names[] = { "insert", "remove", "sort", "setn", NULL };
    lua_getfield(lua, LUA_GLOBALSINDEX, LUA_TABLIBNAME);
    for (const char *const *name = names; *name != NULL; name++) {
        lua_getfield(lua, -1, *name);
        lua_pushcclosure(lua, change_unscreened, 1);
        lua_setfield(lua, -2, *name);
    }
    lua_pop(lua, 1);
}

/* Lua counts the results in an int, and would run off its stack where that wraps around. */
static int basics_unpack(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    int64_t first = luaL_optint(lua, 2, 1);
    int64_t last = lua_isnoneornil(lua, 3) ? (int64_t)lua_objlen(lua, 1) : luaL_checkint(lua, 3);
    if (first > last) return 0;
    int64_t count = last - first + 1;
    if (count >= LUAI_MAXCSTACK || !lua_checkstack(lua, (int)count))
        return luaL_error(lua, "too many results to unpack");
    for (int64_t i = first; i <= last; i++) lua_rawgeti(lua, 1, (int)i);
    return (int)count;
}

/* The library turns the sign of a number of digits around, also of that which has no opposite. */
static int basics_tohex(lua_State *lua)
{
    if (lua_isnumber(lua, 2) && (int32_t)(int64_t)rint(lua_tonumber(lua, 2)) == INT32_MIN) {
        lua_pushinteger(lua, -8);
        lua_replace(lua, 2);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
}

void basics_guard_bits(lua_State *lua)
{
    lua_getfield(lua, LUA_GLOBALSINDEX, "bit");
    lua_getfield(lua, -1, "tohex");
    lua_pushcclosure(lua, basics_tohex, 1);
    lua_setfield(lua, -2, "tohex");
    lua_pop(lua, 1);
}

void basics_add(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "next", basics_next },
        { "xpcall", basics_xpcall },
        { "pairs", basics_pairs },
        { "rawget", basics_rawget },
        { "rawset", basics_rawset },
        { "getmetatable", basics_getmetatable },
        { "setmetatable", basics_setmetatable },
        { "unpack", basics_unpack },
        { "collectgarbage", basics_collectgarbage },
        { "pcall", basics_pcall },
        { "loadstring", basics_loadstring },
        { "load", basics_load },
        { NULL, NULL },
    };
    for (const luaL_Reg *reg = functions; reg->name != NULL; reg++) {
        lua_pushcfunction(lua, reg->func);
        lua_setfield(lua, -2, reg->name);
    }
    guard_changes(lua);
}
