/*
 * Values as the bytes of C's structures: struct.pack("<i4s", 7, "text").
 *
 *     b B h H l L T   integers of 1, 2, 8 and 8 bytes, the small letter with a sign
 *     i I             the same of 4 bytes, or as many as the number behind it says
 *     f d             floating point
 *     s               text that a zero ends
 *     c               so many bytes as the number behind it says; 0: as many as there are, or as was read
 *     x               a byte that is skipped
 *     < > !           the order of bytes from here on, and how far values are aligned
 */
#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lua5.1/lauxlib.h>

#include "server/script/effort.h"
#include "server/script/values/packing.h"

#define ALIGN_MAX   8
#define INTEGER_MAX 32

/* Of an option of a format. */
#define OPTION_STEPS 4

struct layout {
    lua_State *lua;
    struct engine *engine;
    const char *at; /* in the format */
    size_t align;
    bool big_endian;
};

static struct layout layout_of(lua_State *lua)
{
    return (
        struct layout){ .lua = lua, .engine = engine_of(lua), .at = luaL_checkstring(lua, 1), .align = 1 };
}

/* False: the format is at its end. */
static bool next_option(struct layout *layout, char *option)
{
    effort_spend(layout->engine, layout->lua, OPTION_STEPS);
    *option = *layout->at;
    if (*option == '\0') return false;
    layout->at++;
    return true;
}

static size_t read_number(struct layout *layout, size_t otherwise)
{
    size_t number = 0;
    if (!isdigit((unsigned char)*layout->at)) return otherwise;
    for (; isdigit((unsigned char)*layout->at); layout->at++) {
        size_t digit = (size_t)(*layout->at - '0');
        if (number > (INT_MAX - digit) / 10) luaL_error(layout->lua, "integral size overflow");
        number = number * 10 + digit;
    }
    return number;
}

static size_t read_integer_size(struct layout *layout)
{
    size_t size = read_number(layout, sizeof(int));
    if (size > INTEGER_MAX)
        luaL_error(layout->lua, "integral size %d is larger than limit of %d", (int)size, INTEGER_MAX);
    return size;
}

static size_t read_size(struct layout *layout, char option)
{
    switch (option) {
    case 'b':
    case 'B':
    case 'x': return 1;
    case 'h':
    case 'H': return 2;
    case 'f': return 4;
    case 'l':
    case 'L':
    case 'T':
    case 'd': return 8;
    case 'c': return read_number(layout, 1);
    case 'i':
    case 'I': return read_integer_size(layout);
    default: return 0;
    }
}

static size_t padding(const struct layout *layout, size_t len, char option, size_t size)
{
    if (size == 0 || option == 'c') return 0;
    if (size > layout->align) size = layout->align;
    return (size - (len & (size - 1))) & (size - 1);
}

static void set_alignment(struct layout *layout)
{
    size_t align = read_number(layout, ALIGN_MAX);
    if (align == 0 || (align & (align - 1)) != 0)
        luaL_error(layout->lua, "alignment %d is not a power of 2", (int)align);
    layout->align = align;
}

static void control(struct layout *layout, char option)
{
    switch (option) {
    case ' ': break;
    case '>': layout->big_endian = true; break;
    case '<': layout->big_endian = false; break;
    case '!': set_alignment(layout); break;
    default:
        lua_pushfstring(layout->lua, "invalid format option '%c'", option);
        luaL_argerror(layout->lua, 1, lua_tostring(layout->lua, -1));
    }
}

/* As a conversion in C does on the machines that Redis runs on, where the number is none of the type. */
static uint64_t bits_of(lua_Number number)
{
    if (number < 0) return number >= -9223372036854775808.0 ? (uint64_t)(int64_t)number : UINT64_C(1) << 63;
    if (number >= 18446744073709551616.0) return 0;
    return number >= 0 ? (uint64_t)number : UINT64_C(1) << 63; /* none is neither */
}

static void add_integer(const struct layout *layout, luaL_Buffer *out, lua_Number number, size_t size)
{
    char bytes[INTEGER_MAX];
    uint64_t bits = bits_of(number);
    for (size_t i = 0; i < size; i++) {
        bytes[layout->big_endian ? size - 1 - i : i] = (char)bits;
        bits >>= 8;
    }
    luaL_addlstring(out, bytes, size);
}

/* In the order that the format says, of what is in the machine's, and back. */
static void order(const struct layout *layout, char *bytes, size_t size)
{
    if (!layout->big_endian) return;
    for (size_t i = 0; i < size / 2; i++) {
        char kept = bytes[i];
        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = kept;
    }
}

static void add_real(const struct layout *layout, luaL_Buffer *out, lua_Number number, size_t size)
{
    char bytes[sizeof(double)];
    float narrow = (float)number;
    if (size == sizeof(narrow))
        memcpy(bytes, &narrow, size);
    else
        memcpy(bytes, &number, size);
    order(layout, bytes, size);
    luaL_addlstring(out, bytes, size);
}

/* Returns how many bytes it has taken. */
static size_t add_text(const struct layout *layout, luaL_Buffer *out, int *arg, char option, size_t size)
{
    size_t len;
    const char *text = luaL_checklstring(layout->lua, (*arg)++, &len);
    if (size == 0) size = len;
    luaL_argcheck(layout->lua, len >= size, *arg, "string too short");
    luaL_addlstring(out, text, size);
    if (option != 's') return size;
    luaL_addchar(out, '\0');
    return size + 1;
}

static size_t pack_one(struct layout *layout, luaL_Buffer *out, int *arg, char option, size_t size)
{
    if (option == 'x') {
        luaL_addchar(out, '\0');
    } else if (option != '\0' && strchr("bBhHlLTiI", option) != NULL) {
        add_integer(layout, out, luaL_checknumber(layout->lua, (*arg)++), size);
    } else if (option == 'f' || option == 'd') {
        add_real(layout, out, luaL_checknumber(layout->lua, (*arg)++), size);
    } else if (option == 'c' || option == 's') {
        size = add_text(layout, out, arg, option, size);
    } else {
        control(layout, option);
    }
    return size;
}

static int struct_pack(lua_State *lua)
{
    luaL_Buffer out;
    struct layout layout = layout_of(lua);
    int arg = 2;
    size_t len = 0;
    lua_pushnil(lua); /* what is missing is none of the buffer's */
    luaL_buffinit(lua, &out);
    for (char option; next_option(&layout, &option);) {
        size_t size = read_size(&layout, option);
        size_t pad = padding(&layout, len, option, size);
        for (size_t i = 0; i < pad; i++) luaL_addchar(&out, '\0');
        len += pad + pack_one(&layout, &out, &arg, option, size);
    }
    luaL_pushresult(&out);
    return 1;
}

static lua_Number read_integer(const struct layout *layout, const char *data, size_t size, bool is_signed)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | (unsigned char)data[layout->big_endian ? i : size - 1 - i];
    if (!is_signed) return (lua_Number)bits;
    uint64_t sign =
        UINT64_MAX << ((8 * size - 1) % 64); /* of more than 8 bytes Redis takes it from there, too */
    if (bits & sign) bits |= sign;
    return (lua_Number)(int64_t)bits;
}

static lua_Number read_real(const struct layout *layout, const char *data, size_t size)
{
    char bytes[sizeof(double)];
    float narrow;
    double wide;
    memcpy(bytes, data, size);
    order(layout, bytes, size);
    memcpy(&narrow, bytes, sizeof(narrow));
    if (size == sizeof(narrow)) return narrow;
    memcpy(&wide, bytes, sizeof(wide));
    return wide;
}

struct reading {
    const char *data;
    size_t len;
    size_t at;
    int values;
};

static void need(const struct layout *layout, const struct reading *reading, size_t size)
{
    luaL_argcheck(layout->lua, size <= reading->len && reading->at <= reading->len - size, 2,
                  "data string too short");
}

static size_t read_bytes(const struct layout *layout, struct reading *reading, size_t size)
{
    lua_State *lua = layout->lua;
    if (size == 0) {
        if (reading->values == 0 || !lua_isnumber(lua, -1))
            luaL_error(lua, "format 'c0' needs a previous size");
        size = (size_t)bits_of(lua_tonumber(lua, -1));
        lua_pop(lua, 1);
        reading->values--;
        need(layout, reading, size);
    }
    lua_pushlstring(lua, reading->data + reading->at, size);
    return size;
}

static size_t read_text(const struct layout *layout, const struct reading *reading)
{
    size_t left = reading->len - reading->at;
    const char *start = reading->data + reading->at;
    const char *end = left > 0 ? memchr(start, '\0', left) : NULL;
    if (end == NULL) luaL_error(layout->lua, "unfinished string in data");
    lua_pushlstring(layout->lua, start, (size_t)(end - start));
    return (size_t)(end - start) + 1;
}

/* Returns how many bytes it was. */
static size_t unpack_one(struct layout *layout, struct reading *reading, char option, size_t size)
{
    const char *data = reading->data + reading->at;
    if (option == 'x') return size;
    if (option != '\0' && strchr("bBhHlLTiI", option) != NULL) {
        bool is_signed = islower((unsigned char)option);
        lua_pushnumber(layout->lua, read_integer(layout, data, size, is_signed));
    } else if (option == 'f' || option == 'd') {
        lua_pushnumber(layout->lua, read_real(layout, data, size));
    } else if (option == 'c') {
        size = read_bytes(layout, reading, size);
    } else if (option == 's') {
        size = read_text(layout, reading);
    } else {
        control(layout, option);
        return size;
    }
    reading->values++;
    return size;
}

static int struct_unpack(lua_State *lua)
{
    struct reading reading = { 0 };
    struct layout layout = layout_of(lua);
    reading.data = luaL_checklstring(lua, 2, &reading.len);
    lua_Integer first = luaL_optinteger(lua, 3, 1);
    luaL_argcheck(lua, first > 0, 3, "offset must be 1 or greater");
    reading.at = (size_t)first - 1;
    for (char option; next_option(&layout, &option);) {
        size_t size = read_size(&layout, option);
        reading.at += padding(&layout, reading.at, option, size);
        need(&layout, &reading, size);
        luaL_checkstack(lua, 2, "too many results");
        reading.at += unpack_one(&layout, &reading, option, size);
    }
    lua_pushinteger(lua, (lua_Integer)reading.at + 1);
    return reading.values + 1;
}

static int struct_size(lua_State *lua)
{
    struct layout layout = layout_of(lua);
    size_t len = 0;
    for (char option; next_option(&layout, &option);) {
        size_t size = read_size(&layout, option);
        len += padding(&layout, len, option, size);
        if (option == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
        if (option == 'c' && size == 0) luaL_argerror(lua, 1, "option 'c0' has no fixed size");
        if (!isalnum((unsigned char)option)) control(&layout, option);
        len += size;
    }
    lua_pushnumber(lua, (lua_Number)len);
    return 1;
}

void struct_library_push(lua_State *lua)
{
    lua_newtable(lua);
    lua_pushcfunction(lua, struct_pack);
    lua_setfield(lua, -2, "pack");
    lua_pushcfunction(lua, struct_unpack);
    lua_setfield(lua, -2, "unpack");
    lua_pushcfunction(lua, struct_size);
    lua_setfield(lua, -2, "size");
}
