/* What a library says of a function: its name and the function itself, or a table that says more. */
#include <stdbool.h>

#include <lua5.1/lauxlib.h>

#include "server/exec/errors/errors_function.h"
#include "server/script/engine.h"
#include "server/script/functions/library.h"
#include "server/script/functions/loading.h"
#include "server/script/functions/metadata.h"
#include "server/script/language/complaint.h"
#include "server/script/shebang.h"

/* Texts are kept by what is on Lua's stack. */
struct registration {
    struct slice name;
    struct slice description;
    uint32_t flags;
    int callback; /* where on the stack; 0: none was given */
};

/* Numbers are texts as well. Not of a key while a table is walked, which would be changed. */
static bool read_text(lua_State *lua, int index, struct slice *text)
{
    size_t len;
    if (!lua_isstring(lua, index)) return false;
    const char *data = lua_tolstring(lua, index, &len);
    *text = slice_of(data, len);
    return true;
}

/* On the top. NULL: they are flags. */
static const char *read_flags(lua_State *lua, uint32_t *flags)
{
    if (!lua_istable(lua, -1)) return COMPLAINT_FLAGS_TYPE;
    for (int i = 1;; i++) {
        struct slice name;
        lua_rawgeti(lua, -1, i);
        bool is_last = lua_isnil(lua, -1);
        uint32_t flag = !is_last && read_text(lua, -1, &name) ? shebang_flag(name) : 0;
        lua_pop(lua, 1);
        if (is_last) return NULL;
        if (flag == 0) return COMPLAINT_FLAG;
        *flags |= flag;
    }
}

/* The value is on the top, and its name, a string, below. Strings stay in the table. NULL: it is good. */
static const char *read_option(lua_State *lua, struct registration *registration)
{
    struct slice option = { 0 };
    if (!lua_isstring(lua, -2)) return COMPLAINT_OPTION_TYPE;
    if (lua_type(lua, -2) != LUA_TSTRING) return COMPLAINT_OPTION;
    read_text(lua, -2, &option);
    if (slice_equal_nocase(option, SLICE("function_name")))
        return read_text(lua, -1, &registration->name) ? NULL : COMPLAINT_NAME_TYPE;
    if (slice_equal_nocase(option, SLICE("description")))
        return read_text(lua, -1, &registration->description) ? NULL : COMPLAINT_DESCRIPTION_TYPE;
    if (slice_equal_nocase(option, SLICE("flags"))) return read_flags(lua, &registration->flags);
    if (!slice_equal_nocase(option, SLICE("callback"))) return COMPLAINT_OPTION;
    if (!lua_isfunction(lua, -1)) return COMPLAINT_CALLBACK_TYPE;
    lua_pushvalue(lua, -1);
    lua_replace(lua, registration->callback);
    return NULL;
}

enum { TABLE = 1, CALLBACK, TEXTS };

/* A number becomes a text when it is read, which only this has then: it is kept beside the table. */
static const char *read_table(lua_State *lua, struct registration *registration)
{
    lua_settop(lua, TABLE);
    lua_pushnil(lua);
    lua_newtable(lua);
    registration->callback = CALLBACK;
    lua_pushnil(lua);
    for (int i = 1; lua_next(lua, TABLE); i++) {
        const char *complaint = read_option(lua, registration);
        if (complaint != NULL) return complaint;
        lua_rawseti(lua, TEXTS, i);
    }
    if (registration->name.data == NULL) return COMPLAINT_NO_NAME;
    return lua_isnil(lua, CALLBACK) ? COMPLAINT_NO_CALLBACK : NULL;
}

static const char *read_pair(lua_State *lua, struct registration *registration)
{
    registration->callback = CALLBACK;
    if (!read_text(lua, 1, &registration->name)) return COMPLAINT_FIRST;
    return lua_isfunction(lua, CALLBACK) ? NULL : COMPLAINT_SECOND;
}

static const char *read_arguments(lua_State *lua, struct registration *registration)
{
    int count = lua_gettop(lua);
    if (count < 1 || count > 2) return COMPLAINT_REGISTER_COUNT;
    if (count == 2) return read_pair(lua, registration);
    return lua_istable(lua, 1) ? read_table(lua, registration) : COMPLAINT_NO_TABLE;
}

static const char *add(lua_State *lua, struct library *library, const struct registration *registration)
{
    if (!metadata_is_name(registration->name)) return ERR_LIBRARY_NAME;
    if (library_find(library, registration->name) != NULL) return COMPLAINT_KNOWN;
    lua_pushvalue(lua, registration->callback);
    int callback = luaL_ref(lua, LUA_REGISTRYINDEX);
    library_add(library, registration->name, registration->description, registration->flags, callback);
    return NULL;
}

int loading_register(lua_State *lua)
{
    struct registration registration = { 0 };
    const struct function_load *load = engine_of(lua)->load;
    if (load == NULL) return complaint_raise(lua, COMPLAINT_NOT_LOADING);
    const char *complaint = read_arguments(lua, &registration);
    if (complaint == NULL) complaint = add(lua, load->library, &registration);
    return complaint == NULL ? 0 : complaint_raise(lua, complaint);
}
