#include "server/script/language/globals.h"

#include <lua5.1/lauxlib.h>
#include <lua5.1/lua-bitop.h>
#include <lua5.1/lualib.h>

#include "server/script/engine.h"
#include "server/script/language/basics.h"
#include "server/script/language/chance.h"
#include "server/script/language/redis_library.h"
#include "server/script/language/sandbox.h"
#include "server/script/libraries/coroutines.h"
#include "server/script/libraries/json.h"
#include "server/script/libraries/strings.h"
#include "server/script/libraries/tables.h"
#include "server/script/values/packing.h"

static void open_library(lua_State *lua, const char *name, lua_CFunction open)
{
    lua_pushcfunction(lua, open);
    lua_pushstring(lua, name);
    lua_call(lua, 1, 0);
}

static void open_libraries(lua_State *lua)
{
    open_library(lua, "", luaopen_base);
    open_library(lua, LUA_TABLIBNAME, luaopen_table);
    open_library(lua, LUA_STRLIBNAME, luaopen_string);
    open_library(lua, LUA_MATHLIBNAME, luaopen_math);
    open_library(lua, "bit", luaopen_bit);
    basics_guard_bits(lua);
}

/* From Lua's own globals to those of scripts, whose table is on the top. */
static void take_over(lua_State *lua, const char *const *names)
{
    for (; *names != NULL; names++) {
        lua_getfield(lua, LUA_GLOBALSINDEX, *names);
        lua_setfield(lua, -2, *names);
    }
}

static void take_over_library(lua_State *lua, const char *name)
{
    lua_getfield(lua, LUA_GLOBALSINDEX, name);
    screen_put(lua);
    lua_setfield(lua, -2, name);
}

static void take_over_all(lua_State *lua)
{
    static const char *const names[] = {
        "_VERSION", "assert",   "error",    "gcinfo", "ipairs", "rawequal",
        "select",   "tonumber", "tostring", "type",   NULL,
    };
    static const char *const libraries[] = { "coroutine", "string", "table", "math", "bit", NULL };
    take_over(lua, names);
    for (const char *const *name = libraries; *name != NULL; name++) take_over_library(lua, *name);
}

/* What getmetatable("") tells: not the metatable, by which strings find what is behind the screen at once. */
static void screen_strings(lua_State *lua)
{
    lua_createtable(lua, 0, 1);
    lua_getfield(lua, -2, LUA_STRLIBNAME);
    lua_setfield(lua, -2, "__index");
    screen_put(lua);
    sandbox_keep(lua, SANDBOX_STRINGS);
}

static void make_globals(lua_State *lua, enum engine_kind kind, struct json_options *json)
{
    lua_newtable(lua);
    take_over_all(lua);
    basics_add(lua);
    json_library_push_with(lua, json);
    screen_put(lua);
    lua_setfield(lua, -2, "cjson");
    struct_library_push(lua);
    screen_put(lua);
    lua_setfield(lua, -2, "struct");
    msgpack_library_push(lua);
    screen_put(lua);
    lua_setfield(lua, -2, "cmsgpack");
    screen_strings(lua);
    redis_library_add(lua, kind);
    sandbox_refuse_other_names(lua);
    lua_pushvalue(lua, -1);
    sandbox_keep(lua, SANDBOX_GLOBALS);
}

static void make_loading_globals(lua_State *lua)
{
    lua_createtable(lua, 0, 1);
    redis_library_add_for_loading(lua);
    sandbox_refuse_other_names(lua);
    sandbox_keep(lua, SANDBOX_LOADING);
}

void globals_build(lua_State *lua, enum engine_kind kind, struct json_options *json)
{
    open_libraries(lua);
    strings_add(lua);
    tables_add(lua);
    coroutines_add(lua);
    chance_add(lua);
    if (kind == ENGINE_FUNCTIONS) make_loading_globals(lua);
    make_globals(lua, kind, json);
    lua_pushvalue(lua, -1);
    screen_put(lua);
    lua_pushvalue(lua, -1);
    lua_setfield(lua, -3, "_G");
    lua_replace(lua, LUA_GLOBALSINDEX);
    lua_pop(lua, 1);
}
