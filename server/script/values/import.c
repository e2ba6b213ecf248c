#include "server/script/values/import.h"

#include <lua5.1/lauxlib.h>

#include "proto/base/contract.h"
#include "proto/reply_reader.h"
#include "server/script/language/complaint.h"

struct import {
    lua_State *lua;
    struct reply_reader reader;
    struct slice rest;
};

static void push_text(lua_State *lua, struct slice text)
{
    lua_pushlstring(lua, text.data != NULL ? text.data : "", text.len);
}

/* { name = text } */
static void push_named(lua_State *lua, const char *name, struct slice text)
{
    lua_createtable(lua, 0, 1);
    push_text(lua, text);
    lua_setfield(lua, -2, name);
}

static void push_error(lua_State *lua, struct slice text)
{
    complaint_push_reply(lua, text);
    complaint_mark_counted(lua);
}

static void push_double(lua_State *lua, double number)
{
    lua_createtable(lua, 0, 1);
    lua_pushnumber(lua, number);
    lua_setfield(lua, -2, "double");
}

static void push_verbatim(lua_State *lua, const struct reply_element *element)
{
    lua_createtable(lua, 0, 1);
    lua_createtable(lua, 0, 2);
    push_text(lua, element->text);
    lua_setfield(lua, -2, "string");
    push_text(lua, slice_of(element->format, sizeof(element->format)));
    lua_setfield(lua, -2, "format");
    lua_setfield(lua, -2, "verbatim_string");
}

static void push_null(lua_State *lua, const struct reply_element *element)
{
    if (element->integer == '_')
        lua_pushnil(lua);
    else
        lua_pushboolean(lua, 0);
}

static void import_next(struct import *import);

static void import_array(struct import *import, int64_t len)
{
    lua_State *lua = import->lua;
    lua_createtable(lua, (int)len, 0);
    for (int64_t i = 1; i <= len; i++) {
        import_next(import);
        lua_rawseti(lua, -2, (int)i);
    }
}

/* What has no name is left out. */
static void set_pair(lua_State *lua)
{
    if (lua_isnil(lua, -2))
        lua_pop(lua, 2);
    else
        lua_rawset(lua, -3);
}

static void import_pairs(struct import *import, int64_t len, const char *name)
{
    lua_State *lua = import->lua;
    lua_createtable(lua, 0, 1);
    lua_createtable(lua, 0, (int)len);
    for (int64_t i = 0; i < len; i++) {
        import_next(import);
        if (name[0] == 's')
            lua_pushboolean(lua, 1);
        else
            import_next(import);
        set_pair(lua);
    }
    lua_setfield(lua, -2, name);
}

/* It says something of what follows, and nothing to a script. */
static void skip_attribute(struct import *import, int64_t pairs)
{
    for (int64_t i = 0; i < 2 * pairs; i++) {
        import_next(import);
        lua_pop(import->lua, 1);
    }
}

static void import_element(struct import *import, const struct reply_element *element)
{
    lua_State *lua = import->lua;
    switch (element->type) {
    case REPLY_STATUS: push_named(lua, "ok", element->text); break;
    case REPLY_ERROR: push_error(lua, element->text); break;
    case REPLY_INT: lua_pushnumber(lua, (lua_Number)element->integer); break;
    case REPLY_BULK: push_text(lua, element->text); break;
    case REPLY_NULL: push_null(lua, element); break;
    case REPLY_DOUBLE: push_double(lua, element->real); break;
    case REPLY_BOOL: lua_pushboolean(lua, element->integer != 0); break;
    case REPLY_BIG_NUMBER: push_named(lua, "big_number", element->text); break;
    case REPLY_VERBATIM: push_verbatim(lua, element); break;
    case REPLY_ARRAY:
    case REPLY_PUSH: import_array(import, element->len); break;
    case REPLY_SET: import_pairs(import, element->len, "set"); break;
    case REPLY_MAP: import_pairs(import, element->len, "map"); break;
    case REPLY_ATTRIBUTE:
        skip_attribute(import, element->len);
        import_next(import);
        break;
    }
}

static struct reply_element read_element(struct import *import)
{
    struct reply_element element;
    size_t consumed;
    enum reader_status status = reply_reader_next(&import->reader, import->rest, &element, &consumed);
    INVARIANT(status == READER_READY);
    import->rest = slice_of(import->rest.data + consumed, import->rest.len - consumed);
    return element;
}

static void import_next(struct import *import)
{
    struct reply_element element = read_element(import);
    luaL_checkstack(import->lua, 8, "reply is nested too deeply");
    import_element(import, &element);
}

bool import_reply(lua_State *lua, struct slice bytes)
{
    struct import import;
    import.lua = lua;
    import.rest = bytes;
    reply_reader_clear(&import.reader);
    import.reader.bulk_limit = INT64_MAX;
    struct reply_element element = read_element(&import);
    import_element(&import, &element);
    return element.type != REPLY_ERROR;
}
