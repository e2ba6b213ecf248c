/* The library `cjson`, and what may be set of it. */
#include <limits.h>
#include <stdio.h>

#include <lua5.1/lauxlib.h>

#include "server/script/libraries/json.h"

#define PRECISION_MAX 14

const struct json_options json_options_usual = {
    .sparse_ratio = 2,
    .sparse_safe = 10,
    .encode_depth = 1000,
    .decode_depth = 1000,
    .precision = PRECISION_MAX,
    .keep_buffer = true,
    .encode_invalid = JSON_REFUSED,
    .decode_invalid = JSON_ACCEPTED,
};

const struct json_options *json_options_of(lua_State *lua)
{
    return lua_touserdata(lua, lua_upvalueindex(1));
}

/* Those that are missing are nil. */
static struct json_options *begin(lua_State *lua, int arguments)
{
    luaL_argcheck(lua, lua_gettop(lua) <= arguments, arguments + 1, "found too many arguments");
    lua_settop(lua, arguments);
    return lua_touserdata(lua, lua_upvalueindex(1));
}

static void set_integer(lua_State *lua, int argument, int *option, int least, int most)
{
    char text[64];
    if (!lua_isnil(lua, argument)) {
        lua_Integer value = luaL_checkinteger(lua, argument);
        snprintf(text, sizeof(text), "expected integer between %d and %d", least, most);
        luaL_argcheck(lua, least <= (int)value && (int)value <= most, 1, text);
        *option = (int)value;
    }
    lua_pushinteger(lua, *option);
}

static void set_flag(lua_State *lua, int argument, bool *option)
{
    static const char *const words[] = { "off", "on", NULL };
    if (lua_isboolean(lua, argument))
        *option = lua_toboolean(lua, argument);
    else if (!lua_isnil(lua, argument))
        *option = luaL_checkoption(lua, argument, NULL, words) == 1;
    lua_pushboolean(lua, *option);
}

static void set_invalid(lua_State *lua, enum json_invalid *option, const char *const *words)
{
    if (lua_isboolean(lua, 1))
        *option = lua_toboolean(lua, 1) ? JSON_ACCEPTED : JSON_REFUSED;
    else if (!lua_isnil(lua, 1))
        *option = (enum json_invalid)luaL_checkoption(lua, 1, NULL, words);
    if (*option == JSON_NULL)
        lua_pushliteral(lua, "null");
    else
        lua_pushboolean(lua, *option == JSON_ACCEPTED);
}

static int encode_sparse_array(lua_State *lua)
{
    struct json_options *options = begin(lua, 3);
    set_flag(lua, 1, &options->sparse_convert);
    set_integer(lua, 2, &options->sparse_ratio, 0, INT_MAX);
    set_integer(lua, 3, &options->sparse_safe, 0, INT_MAX);
    return 3;
}

static int encode_max_depth(lua_State *lua)
{
    set_integer(lua, 1, &begin(lua, 1)->encode_depth, 1, INT_MAX);
    return 1;
}

static int decode_max_depth(lua_State *lua)
{
    set_integer(lua, 1, &begin(lua, 1)->decode_depth, 1, INT_MAX);
    return 1;
}

static int encode_number_precision(lua_State *lua)
{
    set_integer(lua, 1, &begin(lua, 1)->precision, 1, PRECISION_MAX);
    return 1;
}

static int encode_keep_buffer(lua_State *lua)
{
    set_flag(lua, 1, &begin(lua, 1)->keep_buffer);
    return 1;
}

static int encode_invalid_numbers(lua_State *lua)
{
    static const char *const words[] = { "off", "on", "null", NULL };
    set_invalid(lua, &begin(lua, 1)->encode_invalid, words);
    return 1;
}

static int decode_invalid_numbers(lua_State *lua)
{
    static const char *const words[] = { "off", "on", NULL };
    set_invalid(lua, &begin(lua, 1)->decode_invalid, words);
    return 1;
}

static void push_own(lua_State *lua)
{
    *(struct json_options *)lua_newuserdata(lua, sizeof(struct json_options)) = json_options_usual;
}

/* In the place of its options, which are on top of the stack. */
static void make_library(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "encode", json_encode },
        { "decode", json_decode },
        { "encode_sparse_array", encode_sparse_array },
        { "encode_max_depth", encode_max_depth },
        { "decode_max_depth", decode_max_depth },
        { "encode_number_precision", encode_number_precision },
        { "encode_keep_buffer", encode_keep_buffer },
        { "encode_invalid_numbers", encode_invalid_numbers },
        { "decode_invalid_numbers", decode_invalid_numbers },
        { "new", json_library_push },
        { NULL, NULL },
    };
    lua_newtable(lua);
    lua_insert(lua, -2);
    for (const luaL_Reg *reg = functions; reg->name != NULL; reg++) {
        lua_pushvalue(lua, -1);
        lua_pushcclosure(lua, reg->func, 1);
        lua_setfield(lua, -3, reg->name);
    }
    lua_pop(lua, 1);
    lua_pushlightuserdata(lua, NULL);
    lua_setfield(lua, -2, "null");
    lua_pushliteral(lua, "cjson");
    lua_setfield(lua, -2, "_NAME");
    lua_pushliteral(lua, "2.1.0");
    lua_setfield(lua, -2, "_VERSION");
}

int json_library_push(lua_State *lua)
{
    push_own(lua);
    make_library(lua);
    return 1;
}

void json_library_push_with(lua_State *lua, struct json_options *options)
{
    if (options != NULL)
        lua_pushlightuserdata(lua, options);
    else
        push_own(lua);
    make_library(lua);
}
