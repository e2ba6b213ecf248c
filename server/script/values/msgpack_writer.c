/* cmsgpack.pack(): values of Lua as MessagePack, each in the shortest form. */
#include "server/script/values/msgpack.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lua5.1/lauxlib.h>

#include "server/script/values/output.h"

/* What is nested deeper is written as nil. */
#define DEPTH_MAX 16

/* `size` bytes of a number, the highest first, behind what says that they come. */
static void write_head(struct output *out, int head, uint64_t number, int size)
{
    unsigned char bytes[9] = { (unsigned char)head };
    for (int i = 0; i < size; i++) bytes[1 + i] = (unsigned char)(number >> (8 * (size - 1 - i)));
    buffer_append(out->bytes, bytes, (size_t)size + 1);
}

/* A length, in the shortest form: within `head` below `most`, or behind one of three. -1: there is none of
 * one byte. */
static void write_length(struct output *out, size_t len, int head, size_t most, const int heads[3])
{
    if (len < most)
        write_head(out, head | (int)len, 0, 0);
    else if (len <= UINT8_MAX && heads[0] != -1)
        write_head(out, heads[0], len, 1);
    else if (len <= UINT16_MAX)
        write_head(out, heads[1], len, 2);
    else
        write_head(out, heads[2], len, 4);
}

static void write_text(struct output *out, lua_State *lua)
{
    size_t len;
    const char *text = lua_tolstring(lua, -1, &len);
    output_spend(out, len);
    write_length(out, len, 0xa0, 32, (const int[]){ 0xd9, 0xda, 0xdb });
    buffer_append(out->bytes, text, len);
}

static void write_natural(struct output *out, uint64_t number)
{
    if (number <= INT8_MAX)
        write_head(out, (int)number, 0, 0);
    else if (number <= UINT8_MAX)
        write_head(out, 0xcc, number, 1);
    else if (number <= UINT16_MAX)
        write_head(out, 0xcd, number, 2);
    else if (number <= UINT32_MAX)
        write_head(out, 0xce, number, 4);
    else
        write_head(out, 0xcf, number, 8);
}

static void write_integer(struct output *out, int64_t number)
{
    uint64_t bits = (uint64_t)number;
    if (number >= 0)
        write_natural(out, bits);
    else if (number >= -32)
        write_head(out, (int)(bits & 0xff), 0, 0);
    else if (number >= INT8_MIN)
        write_head(out, 0xd0, bits, 1);
    else if (number >= INT16_MIN)
        write_head(out, 0xd1, bits, 2);
    else if (number >= INT32_MIN)
        write_head(out, 0xd2, bits, 4);
    else
        write_head(out, 0xd3, bits, 8);
}

static void write_real(struct output *out, double number)
{
    float narrow = (float)number;
    uint32_t bits32;
    uint64_t bits64;
    memcpy(&bits32, &narrow, sizeof(bits32));
    memcpy(&bits64, &number, sizeof(bits64));
    if ((double)narrow == number)
        write_head(out, 0xca, bits32, 4);
    else
        write_head(out, 0xcb, bits64, 8);
}

static void write_number(struct output *out, double number)
{
    bool is_whole =
        number >= -9223372036854775808.0 && number < 9223372036854775808.0 && number == floor(number);
    if (is_whole)
        write_integer(out, (int64_t)number);
    else
        write_real(out, number);
}

/* Its keys are 1 to their number. */
static bool is_array(lua_State *lua, size_t *len)
{
    size_t count = 0;
    double most = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        double key = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
        if (!(key > 0) || key != floor(key) || key > INT32_MAX) {
            lua_pop(lua, 1);
            return false;
        }
        if (key > most) most = key;
        count++;
    }
    *len = count;
    return most == (double)count;
}

static void write_value(struct output *out, lua_State *lua, int depth);

static void write_array(struct output *out, lua_State *lua, size_t len, int depth)
{
    write_length(out, len, 0x90, 16, (const int[]){ -1, 0xdc, 0xdd });
    for (size_t i = 1; i <= len; i++) {
        lua_rawgeti(lua, -1, (int)i);
        write_value(out, lua, depth + 1);
    }
}

static void write_map(struct output *out, lua_State *lua, int depth)
{
    size_t pairs = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        pairs++;
    }
    write_length(out, pairs, 0x80, 16, (const int[]){ -1, 0xde, 0xdf });
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pushvalue(lua, -2);
        write_value(out, lua, depth + 1);
        write_value(out, lua, depth + 1);
    }
}

static void write_table(struct output *out, lua_State *lua, int depth)
{
    size_t len;
    if (depth == DEPTH_MAX)
        write_head(out, 0xc0, 0, 0);
    else if (is_array(lua, &len))
        write_array(out, lua, len, depth);
    else
        write_map(out, lua, depth);
}

/* The one on the top, which is popped. */
static void write_value(struct output *out, lua_State *lua, int depth)
{
    luaL_checkstack(lua, 8, "in function mp_encode_lua_type");
    output_spend(out, 0);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING: write_text(out, lua); break;
    case LUA_TBOOLEAN: write_head(out, lua_toboolean(lua, -1) ? 0xc3 : 0xc2, 0, 0); break;
    case LUA_TNUMBER: write_number(out, lua_tonumber(lua, -1)); break;
    case LUA_TTABLE: write_table(out, lua, depth); break;
    default: write_head(out, 0xc0, 0, 0); break;
    }
    lua_pop(lua, 1);
}

int msgpack_pack(lua_State *lua)
{
    int count = lua_gettop(lua);
    if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
    luaL_checkstack(lua, 1, "Too many arguments for MessagePack pack.");
    struct output out = output_begin(lua);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(lua, i);
        write_value(&out, lua, 0);
    }
    output_push(&out);
    return 1;
}
