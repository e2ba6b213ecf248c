/* cjson.encode(). */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lua5.1/lauxlib.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/script/libraries/json.h"
#include "server/script/values/output.h"

#define NUMBER_MAX 32

/* Integers up to here have no more digits than are ever asked for, and are written faster. */
#define DIGITS_MAX 14
#define WHOLE_MAX  1e14

struct writer {
    struct output out;
    const struct json_options *options;
};

static void write_words(struct writer *w, struct slice words)
{
    buffer_append(w->out.bytes, words.data, words.len);
}

static void write_character(struct writer *w, char character)
{
    buffer_append(w->out.bytes, &character, 1);
}

static int refuse(struct writer *w, int index, const char *reason)
{
    return luaL_error(w->out.lua, "Cannot serialise %s: %s", luaL_typename(w->out.lua, index), reason);
}

static bool needs_escape(unsigned char character)
{
    return character < ' ' || character == '"' || character == '\\' || character == '/' || character == 127;
}

static void write_escape(struct writer *w, unsigned char character)
{
    static const char shortened[] = "\bb\ff\nn\rr\tt\"\"\\\\//";
    for (const char *at = shortened; *at != '\0'; at += 2) {
        if ((unsigned char)*at != character) continue;
        buffer_append(w->out.bytes, (const char[]){ '\\', at[1] }, 2);
        return;
    }
    buffer_printf(w->out.bytes, "\\u%04x", character);
}

/* An escape may take six bytes: what a piece makes of the limit is seen before the next. */
#define PIECE_BYTES ((ptrdiff_t)4096)

static void write_piece(struct writer *w, const char *text, const char *end)
{
    while (text < end) {
        const char *plain = text;
        while (text < end && !needs_escape((unsigned char)*text)) text++;
        buffer_append(w->out.bytes, plain, (size_t)(text - plain));
        if (text < end) write_escape(w, (unsigned char)*text++);
    }
}

static void write_string(struct writer *w, int index)
{
    size_t len;
    const char *text = lua_tolstring(w->out.lua, index, &len), *end = text + len;
    write_character(w, '"');
    do {
        const char *stop = end - text > PIECE_BYTES ? text + PIECE_BYTES : end;
        output_spend(&w->out, (size_t)(stop - text));
        write_piece(w, text, stop);
        text = stop;
    } while (text < end);
    write_character(w, '"');
}

/* False: it is one that JSON has not, and was written. */
static bool is_valid(struct writer *w, int index, lua_Number number)
{
    if (!isinf(number) && !isnan(number)) return true;
    switch (w->options->encode_invalid) {
    case JSON_REFUSED: refuse(w, index, "must not be NaN or Inf"); break;
    case JSON_NULL: write_words(w, SLICE("null")); return false;
    case JSON_ACCEPTED: break;
    }
    if (isinf(number)) return true;
    write_words(w, SLICE("nan"));
    return false;
}

static void write_number(struct writer *w, int index)
{
    lua_Number number = lua_tonumber(w->out.lua, index);
    if (!is_valid(w, index, number)) return;
    char *text = buffer_reserve(w->out.bytes, NUMBER_MAX);
    bool is_whole = number > -WHOLE_MAX && number < WHOLE_MAX && number == floor(number);
    if (is_whole && w->options->precision == DIGITS_MAX && !(number == 0 && signbit(number)))
        buffer_commit(w->out.bytes, number_format_i64(text, (int64_t)number));
    else
        buffer_commit(w->out.bytes,
                      (size_t)snprintf(text, NUMBER_MAX, "%.*g", w->options->precision, number));
}

/* What a conversion in C gives on the machines that Redis runs on. */
static int place_of(lua_Number key)
{
    return key <= INT_MAX ? (int)key : INT_MIN;
}

/* The largest key of a table that has none but positive integers; 0 or less: it is an object. */
static int array_length(struct writer *w)
{
    lua_State *lua = w->out.lua;
    int most = 0, count = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        lua_pop(lua, 1);
        output_spend(&w->out, 0);
        lua_Number key = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
        if (floor(key) != key || !(key >= 1)) {
            lua_pop(lua, 1);
            return -1;
        }
        if (key > most) most = place_of(key);
        count++;
    }
    const struct json_options *options = w->options;
    if (options->sparse_ratio == 0 || most <= (int64_t)count * options->sparse_ratio ||
        most <= options->sparse_safe)
        return most;
    if (!options->sparse_convert) refuse(w, -1, "excessively sparse array");
    return -1;
}

static void write_value(struct writer *w, int depth);

static void write_array(struct writer *w, int len, int depth)
{
    write_character(w, '[');
    for (int i = 1; i <= len; i++) {
        if (i > 1) write_character(w, ',');
        lua_rawgeti(w->out.lua, -1, i);
        write_value(w, depth);
        lua_pop(w->out.lua, 1);
        if (i == INT_MAX) break;
    }
    write_character(w, ']');
}

static void write_key(struct writer *w)
{
    int type = lua_type(w->out.lua, -2);
    if (type == LUA_TSTRING) {
        write_string(w, -2);
    } else if (type == LUA_TNUMBER) {
        write_character(w, '"');
        write_number(w, -2);
        write_character(w, '"');
    } else {
        refuse(w, -2, "table key must be a number or string");
    }
    write_character(w, ':');
}

static void write_object(struct writer *w, int depth)
{
    bool first = true;
    write_character(w, '{');
    lua_pushnil(w->out.lua);
    while (lua_next(w->out.lua, -2)) {
        if (!first) write_character(w, ',');
        first = false;
        write_key(w);
        write_value(w, depth);
        lua_pop(w->out.lua, 1);
    }
    write_character(w, '}');
}

static void write_table(struct writer *w, int depth)
{
    if (depth > w->options->encode_depth || !lua_checkstack(w->out.lua, 3))
        luaL_error(w->out.lua, "Cannot serialise, excessive nesting (%d)", depth);
    int len = array_length(w);
    if (len > 0)
        write_array(w, len, depth);
    else
        write_object(w, depth);
}

/* The one on the top. */
static void write_value(struct writer *w, int depth)
{
    lua_State *lua = w->out.lua;
    output_spend(&w->out, 0);
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING: write_string(w, -1); break;
    case LUA_TNUMBER: write_number(w, -1); break;
    case LUA_TBOOLEAN: write_words(w, lua_toboolean(lua, -1) ? SLICE("true") : SLICE("false")); break;
    case LUA_TTABLE: write_table(w, depth + 1); break;
    case LUA_TNIL: write_words(w, SLICE("null")); break;
    default:
        if (lua_type(lua, -1) != LUA_TLIGHTUSERDATA || lua_touserdata(lua, -1) != NULL)
            refuse(w, -1, "type not supported");
        write_words(w, SLICE("null"));
        break;
    }
}

int json_encode(lua_State *lua)
{
    luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
    struct writer writer = { output_begin(lua), json_options_of(lua) };
    write_value(&writer, 0);
    output_push(&writer.out);
    return 1;
}
