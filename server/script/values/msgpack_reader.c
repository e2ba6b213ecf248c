/* cmsgpack.unpack(): MessagePack as values of Lua. What comes is believed nothing: neither a length nor a
 * depth. */
#include "server/script/values/msgpack.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lua5.1/lauxlib.h>

#include "server/script/effort.h"
#include "server/script/values/packing.h"

/* Deeper than anything that is written. */
#define DEPTH_MAX 1000

#define VALUE_STEPS 4

struct source {
    lua_State *lua;
    struct engine *engine;
    const unsigned char *at;
    size_t left;
    int depth;
};

static int refuse(const struct source *source)
{
    return luaL_error(source->lua, "Bad data format in input.");
}

static const unsigned char *take(struct source *source, size_t len)
{
    if (len > source->left) luaL_error(source->lua, "Missing bytes in input.");
    const unsigned char *taken = source->at;
    source->at += len;
    source->left -= len;
    return taken;
}

static uint64_t take_number(struct source *source, size_t size)
{
    const unsigned char *bytes = take(source, size);
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) number = number << 8 | bytes[i];
    return number;
}

static void push_signed(struct source *source, size_t size)
{
    uint64_t bits = take_number(source, size);
    int shift = 64 - 8 * (int)size;
    lua_pushnumber(source->lua, (lua_Number)((int64_t)(bits << shift) >> shift));
}

static void push_float(struct source *source)
{
    float number;
    uint32_t bits = (uint32_t)take_number(source, sizeof(bits));
    memcpy(&number, &bits, sizeof(number));
    lua_pushnumber(source->lua, number);
}

static void push_double(struct source *source)
{
    double number;
    uint64_t bits = take_number(source, sizeof(bits));
    memcpy(&number, &bits, sizeof(number));
    lua_pushnumber(source->lua, number);
}

static void push_text(struct source *source, size_t len)
{
    const unsigned char *text = take(source, len);
    lua_pushlstring(source->lua, (const char *)text, len);
}

static void push_value(struct source *source);

static void push_array(struct source *source, size_t len)
{
    lua_newtable(source->lua);
    for (size_t i = 1; i <= len; i++) {
        push_value(source);
        lua_rawseti(source->lua, -2, (int)i);
    }
}

/* Not every key that can be written can be one of Lua's. */
static void push_map(struct source *source, size_t pairs)
{
    lua_State *lua = source->lua;
    lua_newtable(lua);
    for (size_t i = 0; i < pairs; i++) {
        push_value(source);
        push_value(source);
        lua_rawset(lua, -3);
    }
}

/* What its first byte has told apart by ranges. */
static bool push_short(struct source *source, unsigned head)
{
    if (head <= 0x7f || head >= 0xe0)
        lua_pushnumber(source->lua, (signed char)head);
    else if (head <= 0x8f)
        push_map(source, head & 0x0f);
    else if (head <= 0x9f)
        push_array(source, head & 0x0f);
    else if (head <= 0xbf)
        push_text(source, head & 0x1f);
    else
        return false;
    return true;
}

static void push_long(struct source *source, unsigned head)
{
    lua_State *lua = source->lua;
    switch (head) {
    case 0xc0: lua_pushnil(lua); break;
    case 0xc2: lua_pushboolean(lua, 0); break;
    case 0xc3: lua_pushboolean(lua, 1); break;
    case 0xd9: push_text(source, take_number(source, 1)); break;
    case 0xda: push_text(source, take_number(source, 2)); break;
    case 0xdb: push_text(source, take_number(source, 4)); break;
    case 0xca: push_float(source); break;
    case 0xcb: push_double(source); break;
    case 0xcc: lua_pushnumber(lua, (lua_Number)take_number(source, 1)); break;
    case 0xcd: lua_pushnumber(lua, (lua_Number)take_number(source, 2)); break;
    case 0xce: lua_pushnumber(lua, (lua_Number)take_number(source, 4)); break;
    case 0xcf: push_signed(source, 8); break; /* as Redis has it */
    case 0xd0: push_signed(source, 1); break;
    case 0xd1: push_signed(source, 2); break;
    case 0xd2: push_signed(source, 4); break;
    case 0xd3: push_signed(source, 8); break;
    case 0xdc: push_array(source, take_number(source, 2)); break;
    case 0xdd: push_array(source, take_number(source, 4)); break;
    case 0xde: push_map(source, take_number(source, 2)); break;
    case 0xdf: push_map(source, take_number(source, 4)); break;
    default: refuse(source);
    }
}

static void push_value(struct source *source)
{
    luaL_checkstack(source->lua, 8,
                    "too many return values at once; use unpack_one or unpack_limit instead.");
    effort_spend(source->engine, source->lua, VALUE_STEPS);
    if (++source->depth > DEPTH_MAX) refuse(source);
    unsigned head = *take(source, 1);
    if (!push_short(source, head)) push_long(source, head);
    source->depth--;
}

static int unpack(lua_State *lua, int limit, int offset)
{
    size_t len;
    int count = 0;
    const char *text = luaL_checklstring(lua, 1, &len);
    bool all = limit == 0 && offset == 0;
    if (offset < 0 || limit < 0)
        return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                          (int)len);
    if ((size_t)offset > len)
        return luaL_error(lua, "Start offset %d greater than input length %d.", offset, (int)len);
    if (all) limit = INT_MAX;
    struct source source = { lua, engine_of(lua), (const unsigned char *)text + offset, len - (size_t)offset,
                             0 };
    for (; source.left > 0 && count < limit; count++) push_value(&source);
    if (all) return count;
    lua_pushinteger(lua, source.left == 0 ? -1 : (lua_Integer)(len - source.left));
    lua_insert(lua, 2);
    return count + 1;
}

int msgpack_unpack(lua_State *lua)
{
    luaL_checkstring(lua, 1);
    lua_settop(lua, 1);
    return unpack(lua, 0, 0);
}

int msgpack_unpack_one(lua_State *lua)
{
    int offset = (int)luaL_optinteger(lua, 2, 0);
    lua_settop(lua, 1);
    return unpack(lua, 1, offset);
}

int msgpack_unpack_limit(lua_State *lua)
{
    int limit = (int)luaL_checkinteger(lua, 2);
    int offset = (int)luaL_optinteger(lua, 3, 0);
    lua_settop(lua, 1);
    return unpack(lua, limit, offset);
}

void msgpack_library_push(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "pack", msgpack_pack },
        { "unpack", msgpack_unpack },
        { "unpack_one", msgpack_unpack_one },
        { "unpack_limit", msgpack_unpack_limit },
        { NULL, NULL },
    };
    static const char *const texts[][2] = {
        { "_NAME", "cmsgpack" },
        { "_VERSION", "lua-cmsgpack 0.4.0" },
        { "_DESCRIPTION", "MessagePack C implementation for Lua" },
    };
    lua_newtable(lua);
    for (const luaL_Reg *reg = functions; reg->name != NULL; reg++) {
        lua_pushcfunction(lua, reg->func);
        lua_setfield(lua, -2, reg->name);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        lua_pushstring(lua, texts[i][1]);
        lua_setfield(lua, -2, texts[i][0]);
    }
}
