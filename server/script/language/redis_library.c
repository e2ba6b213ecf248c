#include "server/script/language/redis_library.h"

#include <stdio.h>

#include <lua5.1/lauxlib.h>

#include "proto/base/buffer.h"
#include "server/core/server.h"
#include "server/observe/log.h"
#include "server/script/engine.h"
#include "server/script/functions/loading.h"
#include "server/script/language/complaint.h"
#include "server/script/language/sandbox.h"
#include "server/script/line.h"
#include "server/script/sha1.h"

enum replication { TO_FILE = 1, TO_REPLICAS = 2, TO_ALL = TO_FILE | TO_REPLICAS };

static int sha1hex(lua_State *lua)
{
    char hex[SHA1_HEX + 1];
    size_t len = 0;
    if (lua_gettop(lua) != 1) return complaint_raise(lua, "wrong number of arguments");
    const char *text = lua_tolstring(lua, 1, &len);
    struct sha1 sha1 = sha1_of(slice_of(text, len));
    sha1_write(&sha1, hex);
    lua_pushstring(lua, hex);
    return 1;
}

static bool is_one_string(lua_State *lua)
{
    if (lua_gettop(lua) == 1 && lua_type(lua, 1) == LUA_TSTRING) return true;
    complaint_push(lua, "wrong number or type of arguments");
    return false;
}

static int error_reply(lua_State *lua)
{
    if (!is_one_string(lua)) return 1;
    size_t len;
    const char *text = lua_tolstring(lua, 1, &len);
    complaint_push_reply(lua, slice_of(text, len));
    return 1;
}

static int status_reply(lua_State *lua)
{
    if (!is_one_string(lua)) return 1;
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, "ok");
    return 1;
}

static void log_arguments(lua_State *lua, enum log_level level)
{
    luaL_Buffer text;
    int count = lua_gettop(lua);
    luaL_buffinit(lua, &text);
    for (int i = 2; i <= count; i++) {
        size_t len = 0;
        const char *argument = lua_tolstring(lua, i, &len);
        if (argument == NULL) continue;
        if (i > 2) luaL_addchar(&text, ' ');
        luaL_addlstring(&text, argument, len);
    }
    luaL_pushresult(&text);
    log_write(level, "%s", lua_tostring(lua, -1));
}

static int write_log(lua_State *lua)
{
    if (lua_gettop(lua) < 2) return complaint_raise(lua, "redis.log() requires two arguments or more.");
    if (!lua_isnumber(lua, 1)) return complaint_raise(lua, "First argument must be a number (log level).");
    lua_Number level = lua_tonumber(lua, 1);
    if (!(level >= LOG_LEVEL_DEBUG && level <= LOG_LEVEL_WARNING))
        return complaint_raise(lua, "Invalid debug level.");
    log_arguments(lua, (enum log_level)level);
    return 0;
}

static int set_protocol(lua_State *lua)
{
    if (lua_gettop(lua) != 1) return complaint_raise(lua, "redis.setresp() requires one argument.");
    lua_Number protocol = lua_tonumber(lua, 1);
    if (protocol != 2 && protocol != 3) return complaint_raise(lua, "RESP version must be 2 or 3.");
    engine_of(lua)->session.protocol = (int)protocol;
    return 0;
}

/* There is nobody to replicate to. */
static int set_replication(lua_State *lua)
{
    if (lua_gettop(lua) != 1) return complaint_raise(lua, "redis.set_repl() requires two arguments.");
    lua_Number flags = lua_tonumber(lua, 1);
    if (flags < 0 || flags > TO_ALL)
        return complaint_raise(
            lua, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
    return 0;
}

static int say_true(lua_State *lua)
{
    lua_pushboolean(lua, 1);
    return 1;
}

/* No debugger is attached. */
static int say_false(lua_State *lua)
{
    lua_pushboolean(lua, 0);
    return 1;
}

static int say_nothing(lua_State *lua)
{
    (void)lua;
    return 0;
}

static int version_number(void)
{
    int major, minor, patch;
    if (sscanf(SERVER_REDIS_VERSION, "%d.%d.%d", &major, &minor, &patch) != 3) return 0;
    return major << 16 | minor << 8 | patch;
}

struct named_number {
    const char *name;
    int number;
};

static void add_numbers(lua_State *lua, const struct named_number *numbers)
{
    for (; numbers->name != NULL; numbers++) {
        lua_pushinteger(lua, numbers->number);
        lua_setfield(lua, -2, numbers->name);
    }
}

static void add_functions(lua_State *lua, const luaL_Reg *functions)
{
    for (; functions->name != NULL; functions++) {
        lua_pushcfunction(lua, functions->func);
        lua_setfield(lua, -2, functions->name);
    }
}

/* What is there at any time. */
static void add_common(lua_State *lua)
{
    static const struct named_number numbers[] = {
        { "LOG_DEBUG", LOG_LEVEL_DEBUG },
        { "LOG_VERBOSE", LOG_LEVEL_VERBOSE },
        { "LOG_NOTICE", LOG_LEVEL_NOTICE },
        { "LOG_WARNING", LOG_LEVEL_WARNING },
        { NULL, 0 },
    };
    static const luaL_Reg functions[] = { { "log", write_log }, { NULL, NULL } };
    add_numbers(lua, numbers);
    add_numbers(lua, (struct named_number[]){ { "REDIS_VERSION_NUM", version_number() }, { NULL, 0 } });
    add_functions(lua, functions);
    lua_pushliteral(lua, SERVER_REDIS_VERSION);
    lua_setfield(lua, -2, "REDIS_VERSION");
}

static void add_of_scripts(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "replicate_commands", say_true },
        { "breakpoint", say_false },
        { "debug", say_nothing },
        { NULL, NULL },
    };
    add_functions(lua, functions);
}

void redis_library_add(lua_State *lua, enum engine_kind kind)
{
    static const struct named_number numbers[] = {
        { "REPL_AOF", TO_FILE },
        { "REPL_SLAVE", TO_REPLICAS },
        { "REPL_REPLICA", TO_REPLICAS },
        { "REPL_ALL", TO_ALL },
        { "REPL_NONE", 0 },
        { NULL, 0 },
    };
    static const luaL_Reg functions[] = {
        { "sha1hex", sha1hex },
        { "error_reply", error_reply },
        { "status_reply", status_reply },
        { "setresp", set_protocol },
        { "set_repl", set_replication },
        { "acl_check_cmd", line_is_allowed },
        { NULL, NULL },
    };
    lua_newtable(lua);
    add_common(lua);
    add_numbers(lua, numbers);
    add_functions(lua, functions);
    if (kind == ENGINE_SCRIPTS) add_of_scripts(lua);
    line_add(lua);
    screen_put(lua);
    lua_setfield(lua, -2, "redis");
}

void redis_library_add_for_loading(lua_State *lua)
{
    static const luaL_Reg functions[] = { { "register_function", loading_register }, { NULL, NULL } };
    lua_newtable(lua);
    add_common(lua);
    add_functions(lua, functions);
    sandbox_refuse_other_names(lua);
    screen_put(lua);
    lua_setfield(lua, -2, "redis");
}
