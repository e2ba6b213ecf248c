#include "server/script/values/export.h"

#include <string.h>

#include <lua5.1/lauxlib.h>

#include "proto/base/slice.h"
#include "proto/reply.h"
#include "server/script/effort.h"
#include "server/script/language/complaint.h"

struct export
{
    lua_State *lua;
    struct engine *engine;
    struct reply *reply;
    size_t start; /* of it in what it is written to */
    int protocol;
};

static struct slice text_at(lua_State *lua, int index)
{
    size_t len = 0;
    const char *text = lua_tolstring(lua, index, &len);
    return slice_of(text, len);
}

/* What would end the line is a blank. A copy, which is pushed. */
static struct slice push_line(lua_State *lua, struct slice text)
{
    char *copy = lua_newuserdata(lua, text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        copy[i] = text.data[i] == '\r' || text.data[i] == '\n' ? ' ' : text.data[i];
    return slice_of(copy, text.len);
}

/* One that a command of the script has replied was counted there. */
static void write_error(struct export *export)
{
    struct complaint complaint;
    lua_State *lua = export->lua;
    complaint_read(lua, lua_gettop(lua) - 1, &complaint);
    reply_error(export->reply, complaint.text);
    if (complaint.counted) export->reply->counted++;
    lua_pop(lua, 2);
}

static void write_status(struct export *export)
{
    reply_status(export->reply, push_line(export->lua, text_at(export->lua, -1)));
    lua_pop(export->lua, 1);
}

static void write_double(struct export *export)
{
    reply_double(export->reply, lua_tonumber(export->lua, -1));
}

static void write_big_number(struct export *export)
{
    reply_big_number(export->reply, push_line(export->lua, text_at(export->lua, -1)));
    lua_pop(export->lua, 1);
}

static void write_value(struct export *export);

static void write_map(struct export *export)
{
    lua_State *lua = export->lua;
    size_t pairs = 0;
    struct reply_mark mark = reply_open(export->reply);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pushvalue(lua, -2);
        write_value(export);
        write_value(export);
        pairs++;
    }
    reply_close_map(export->reply, mark, pairs);
}

static void write_set(struct export *export)
{
    lua_State *lua = export->lua;
    size_t members = 0;
    struct reply_mark mark = reply_open(export->reply);
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        lua_pushvalue(lua, -1);
        write_value(export);
        members++;
    }
    reply_close_set(export->reply, mark, members);
}

static void push_field(lua_State *lua, const char *name)
{
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
}

/* The format is three letters; of one that is not, Redis sends the first three. False: it is none. */
static bool write_verbatim(struct export *export)
{
    lua_State *lua = export->lua;
    push_field(lua, "format");
    lua_insert(lua, -2);
    push_field(lua, "string");
    lua_insert(lua, -2);
    bool whole = lua_type(lua, -2) == LUA_TSTRING && lua_type(lua, -3) == LUA_TSTRING;
    if (whole) {
        char format[3] = { ' ', ' ', ' ' };
        struct slice given = text_at(lua, -3);
        memcpy(format, given.data, given.len < sizeof(format) ? given.len : sizeof(format));
        reply_verbatim(export->reply, format, text_at(lua, -2));
    }
    lua_remove(lua, -2);
    lua_remove(lua, -2);
    return whole;
}

static void write_array(struct export *export)
{
    lua_State *lua = export->lua;
    int len = 0;
    for (;; len++) {
        lua_rawgeti(lua, -1, len + 1);
        bool ended = lua_isnil(lua, -1);
        lua_pop(lua, 1);
        if (ended) break;
    }
    reply_array(export->reply, (size_t)len);
    for (int i = 1; i <= len; i++) {
        lua_rawgeti(lua, -1, i);
        write_value(export);
    }
}

/* What a table is by one of its fields. */
enum dress { ERR, OK, DOUBLE, MAP, SET, BIG_NUMBER, VERBATIM, DRESSES };

static const struct {
    const char *name;
    int type;
    void (*write)(struct export *export);
} dresses[DRESSES] = {
    [ERR] = { "err", LUA_TSTRING, write_error },
    [OK] = { "ok", LUA_TSTRING, write_status },
    [DOUBLE] = { "double", LUA_TNUMBER, write_double },
    [MAP] = { "map", LUA_TTABLE, write_map },
    [SET] = { "set", LUA_TTABLE, write_set },
    [BIG_NUMBER] = { "big_number", LUA_TSTRING, write_big_number },
    [VERBATIM] = { "verbatim_string", LUA_TTABLE, NULL },
};

static bool write_dressed(struct export *export, enum dress dress)
{
    lua_State *lua = export->lua;
    bool written = false;
    push_field(lua, dresses[dress].name);
    if (lua_type(lua, -1) == dresses[dress].type) {
        written = dress != VERBATIM || write_verbatim(export);
        if (dress != VERBATIM) dresses[dress].write(export);
    }
    lua_pop(lua, 1);
    return written;
}

static void write_table(struct export *export)
{
    for (enum dress dress = 0; dress < DRESSES; dress++)
        if (write_dressed(export, dress)) return;
    write_array(export);
}

static void write_boolean(struct export *export)
{
    bool value = lua_toboolean(export->lua, -1);
    if (export->protocol >= 3)
        reply_bool(export->reply, value);
    else if (value)
        reply_int(export->reply, 1);
    else
        reply_null(export->reply);
}

/* As a conversion in C does on the machines that Redis runs on, where the number is none of an int64_t. */
static int64_t whole_part(lua_Number number)
{
    bool fits = number >= -9223372036854775808.0 && number < 9223372036854775808.0;
    return fits ? (int64_t)number : INT64_MIN;
}

/* A value may be a table within itself. */
#define STACK_EACH 8

/* Steps of a value, and the bytes that are written in the time of one. */
#define VALUE_STEPS  8
#define BYTES_A_STEP 8

/* A table that holds another one many times is written many times as long as it is. */
static void spend(const struct export *export)
{
    lua_State *lua = export->lua;
    size_t coming = lua_type(lua, -1) == LUA_TSTRING ? lua_objlen(lua, -1) : 0;
    size_t limit = export->engine->limit_bytes, written = export->reply->out->len - export->start;
    effort_spend(export->engine, lua, VALUE_STEPS + coming / BYTES_A_STEP);
    if (limit != 0 && written + coming > limit) luaL_error(lua, "not enough memory");
}

static void write_value(struct export *export)
{
    lua_State *lua = export->lua;
    if (!lua_checkstack(lua, STACK_EACH)) {
        reply_error(export->reply, SLICE("ERR reached lua stack limit"));
        lua_pop(lua, 1);
        return;
    }
    spend(export);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING: reply_bulk(export->reply, text_at(lua, -1)); break;
    case LUA_TNUMBER: reply_int(export->reply, whole_part(lua_tonumber(lua, -1))); break;
    case LUA_TBOOLEAN: write_boolean(export); break;
    case LUA_TTABLE: write_table(export); break;
    default: reply_null(export->reply); break;
    }
    lua_pop(lua, 1);
}

void export_value(lua_State *lua, struct reply *reply, int protocol)
{
    struct export export = {
        .lua = lua, .engine = engine_of(lua), .reply = reply, .start = reply->out->len, .protocol = protocol
    };
    write_value(&export);
}
