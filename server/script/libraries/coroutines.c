#include "server/script/libraries/coroutines.h"

#include <lua5.1/lauxlib.h>
#include <lua5.1/lualib.h>

#include "server/script/effort.h"

/* As many may have run for nearly as long as is between two looks at the clock, before it is looked at. */
#define STEPS 200

static const char *status_of(lua_State *lua, lua_State *thread)
{
    lua_Debug frame;
    if (lua == thread) return "running";
    if (lua_status(thread) == LUA_YIELD) return "suspended";
    if (lua_status(thread) != 0) return "dead";
    if (lua_getstack(thread, 0, &frame)) return "normal";
    return lua_gettop(thread) == 0 ? "dead" : "suspended";
}

/* What it noted of large values meanwhile, and that it was killed, is true outside of it as well. */
static int run(lua_State *lua, lua_State *thread, int arguments)
{
    struct engine *engine = engine_of(lua);
    size_t largest_bytes = engine->largest_bytes;
    effort_spend(engine, lua, STEPS);
    lua_State *outer = engine->running;
    patience_watch(engine, thread);
    engine->running = thread;
    int status = lua_resume(thread, arguments);
    engine->running = outer;
    bool killed = engine->play != NULL && engine->play->killed;
    if (killed || engine->largest_bytes != largest_bytes) patience_watch(engine, lua);
    return status;
}

/* The arguments are on the top. Returns how many results are, or -1 and there is what it failed with. */
static int resume(lua_State *lua, lua_State *thread, int arguments)
{
    const char *status = status_of(lua, thread);
    if (!lua_checkstack(thread, arguments)) luaL_error(lua, "too many arguments to resume");
    if (status[0] != 's') {
        lua_pushfstring(lua, "cannot resume %s coroutine", status);
        return -1;
    }
    lua_xmove(lua, thread, arguments);
    lua_setlevel(lua, thread);
    int outcome = run(lua, thread, arguments);
    if (outcome != 0 && outcome != LUA_YIELD) {
        lua_xmove(thread, lua, 1);
        return -1;
    }
    int results = lua_gettop(thread);
    if (!lua_checkstack(lua, results + 1)) luaL_error(lua, "too many results to resume");
    lua_xmove(thread, lua, results);
    return results;
}

static int coroutines_resume(lua_State *lua)
{
    lua_State *thread = lua_tothread(lua, 1);
    luaL_argcheck(lua, thread != NULL, 1, "coroutine expected");
    int results = resume(lua, thread, lua_gettop(lua) - 1);
    lua_pushboolean(lua, results >= 0);
    if (results < 0) results = 1;
    lua_insert(lua, -results - 1);
    return results + 1;
}

static int resume_wrapped(lua_State *lua)
{
    int results = resume(lua, lua_tothread(lua, lua_upvalueindex(1)), lua_gettop(lua));
    if (results >= 0) return results;
    if (lua_isstring(lua, -1)) {
        luaL_where(lua, 1);
        lua_insert(lua, -2);
        lua_concat(lua, 2);
    }
    return lua_error(lua);
}

static int coroutines_wrap(lua_State *lua)
{
    lua_State *thread = lua_newthread(lua);
    luaL_argcheck(lua, lua_isfunction(lua, 1) && !lua_iscfunction(lua, 1), 1, "Lua function expected");
    lua_pushvalue(lua, 1);
    lua_xmove(lua, thread, 1);
    lua_pushcclosure(lua, resume_wrapped, 1);
    return 1;
}

void coroutines_add(lua_State *lua)
{
    lua_getfield(lua, LUA_GLOBALSINDEX, LUA_COLIBNAME);
    lua_pushcfunction(lua, coroutines_resume);
    lua_setfield(lua, -2, "resume");
    lua_pushcfunction(lua, coroutines_wrap);
    lua_setfield(lua, -2, "wrap");
    lua_pop(lua, 1);
}
