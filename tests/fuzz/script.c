/*
 * script.c - bytes that scripts give to struct.unpack() and cmsgpack.unpack(), and first lines of scripts.
 *
 * The first byte says which. Wrong ones are refused by an error of Lua, and nothing outside of them is read.
 */
#include <stdint.h>

#include <lua5.1/lauxlib.h>
#include <lua5.1/lua.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/script/shebang.h"
#include "server/script/values/msgpack.h"
#include "server/script/values/packing.h"
#include "tests/fuzz/lua_target.h"

/* `name` of the library on the top, called with `count` values above it. */
static void call(lua_State *lua, const char *name, int count)
{
    lua_getfield(lua, -1 - count, name);
    lua_insert(lua, -1 - count);
    if (lua_pcall(lua, count, LUA_MULTRET, 0) != 0) lua_pop(lua, 1);
    lua_settop(lua, 0);
}

static void unpack_msgpack(lua_State *lua, const char *text, size_t len)
{
    msgpack_library_push(lua);
    lua_pushlstring(lua, text, len);
    call(lua, "unpack", 1);
    msgpack_library_push(lua);
    lua_pushlstring(lua, text, len);
    lua_pushinteger(lua, 2);
    lua_pushinteger(lua, (lua_Integer)(len / 2));
    call(lua, "unpack_limit", 3);
}

/* Up to the first zero it is the format. */
static void unpack_struct(lua_State *lua, const char *text, size_t len)
{
    size_t format = strnlen(text, len);
    const char *rest = format < len ? text + format + 1 : text + format;
    struct_library_push(lua);
    lua_pushlstring(lua, text, format);
    lua_pushlstring(lua, rest, len - (size_t)(rest - text));
    call(lua, "unpack", 2);
    struct_library_push(lua);
    lua_pushlstring(lua, text, format);
    call(lua, "size", 1);
    struct_library_push(lua);
    lua_pushlstring(lua, text, format);
    lua_pushnumber(lua, -1.5);
    lua_pushnumber(lua, 1e300);
    lua_pushliteral(lua, "70000");
    call(lua, "pack", 4);
}

static void read_shebang(const char *text, size_t len)
{
    struct buffer out = { 0 };
    struct reply reply = { .out = &out, .protocol = 2 };
    struct shebang shebang;
    shebang_read(slice_of(text, len), &shebang, &reply);
    buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    const char *text = (const char *)data + 1;
    lua_State *lua = luas.ours;
    switch (data[0] % 3) {
    case 0: unpack_msgpack(lua, text, size - 1); break;
    case 1: unpack_struct(lua, text, size - 1); break;
    default: read_shebang(text, size - 1); break;
    }
    return 0;
}
