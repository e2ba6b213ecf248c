#include "server/script/values/output.h"

#include <lua5.1/lauxlib.h>

#include "server/script/effort.h"

/* Steps of a value, and the bytes that are written in the time of one. */
#define VALUE_STEPS  4
#define BYTES_A_STEP 8

/* Kept for the next. */
#define KEPT_BYTES ((size_t)1 << 20)

struct output output_begin(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    engine->packed.len = 0;
    if (engine->packed.cap > KEPT_BYTES) buffer_clear(&engine->packed);
    return (struct output){ lua, engine, &engine->packed };
}

void output_spend(const struct output *output, size_t coming)
{
    size_t limit = output->engine->limit_bytes;
    effort_spend(output->engine, output->lua, VALUE_STEPS + coming / BYTES_A_STEP);
    if (limit != 0 && (coming > limit || output->bytes->len > limit - coming))
        luaL_error(output->lua, "not enough memory");
}

void output_push(const struct output *output)
{
    lua_pushlstring(output->lua, output->bytes->len > 0 ? output->bytes->data : "", output->bytes->len);
}
