#include "server/script/engine.h"

#include <lua5.1/lauxlib.h>

struct engine *engine_of(lua_State *lua)
{
    void *engine;
    lua_getallocf(lua, &engine);
    return engine;
}

/* Nobody is there to catch that memory is short: the few bytes are given whatever the limit is. */
int engine_keep(struct engine *engine)
{
    size_t limit_bytes = engine->limit_bytes;
    engine->limit_bytes = 0;
    int number = luaL_ref(engine->lua, LUA_REGISTRYINDEX);
    engine->limit_bytes = limit_bytes;
    return number;
}

void engine_make_room(struct engine *engine)
{
    size_t used = engine_used_bytes(engine);
    if (engine->limit_bytes == 0 || used < engine->limit_bytes / 2) return;
    if (used < engine->collected_bytes + engine->limit_bytes / 8) return;
    lua_gc(engine->lua, LUA_GCCOLLECT, 0);
    engine->collected_bytes = engine_used_bytes(engine);
}
