#include "server/script/engines.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/script/functions/loading.h"
#include "server/script/interlude.h"
#include "server/script/language/globals.h"
#include "server/script/patience.h"
#include "server/script/play.h"
#include "server/script/repertoire.h"

/* Redis's, which is that of an unseeded lrand48(). */
#define FIRST_CHANCE UINT64_C(0x1234abcd330e)

static void note_use(struct engine *engine, size_t less, size_t more)
{
    size_t used = engine_used_bytes(engine) - less + more;
    atomic_store_explicit(&engine->used_bytes, used, memory_order_relaxed);
}

/* To ask for memory is an effort, and so is what is done with it. */
#define ALLOCATION_STEPS 4
#define BYTES_A_STEP     16

static bool may_grow(struct engine *engine, size_t bytes)
{
    if (engine->limit_bytes != 0 && engine_used_bytes(engine) + bytes > engine->limit_bytes) return false;
    engine->effort -= (ptrdiff_t)(ALLOCATION_STEPS + bytes / BYTES_A_STEP);
    return __builtin_expect(engine->effort >= 0, 1) || patience_grants_memory(engine);
}

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct engine *engine = context;
    if (size == 0) {
        note_use(engine, old_size, 0);
        alloc_free(old);
        return NULL;
    }
    if (size > old_size) {
        if (!may_grow(engine, size - old_size)) return NULL;
        if (__builtin_expect(size > engine->largest_bytes, 0)) patience_note_size(engine, size);
    }
    void *memory = alloc_try_resize(old, size);
    if (memory != NULL) note_use(engine, old_size, size);
    return memory;
}

/* All scripts run in one Lua, as far as they can tell; functions have another, as in Redis. */
static struct json_options *json_of(const struct loop *loop, enum engine_kind kind)
{
    bool shares = kind == ENGINE_SCRIPTS && loop->server != NULL && loop->server->texts != NULL;
    return shares ? texts_json(loop->server->texts) : NULL;
}

static int furnish(lua_State *lua)
{
    const enum engine_kind *kind = lua_touserdata(lua, 1);
    globals_build(lua, *kind, json_of(engine_of(lua)->loop, *kind));
    lua_settop(lua, 0);
    play_prepare(lua);
    patience_begin(lua);
    return 0;
}

static const struct engine_pauses pauses = { .rest = interlude_consider,
                                             .look_at_load = loading_look,
                                             .load_goes_on = loading_goes_on };

struct engine *engines_create(struct loop *loop, enum engine_kind kind)
{
    struct engine *engine = ALLOC_NEW(struct engine);
    engine->loop = loop;
    engine->pauses = &pauses;
    engine->chance = FIRST_CHANCE;
    engine->largest_bytes = SIZE_MAX;
    engine->lua = lua_newstate(allocate, engine);
    INVARIANT(engine->lua != NULL);
    engine->running = engine->lua;
    int failure = lua_cpcall(engine->lua, furnish, &kind);
    INVARIANT(failure == 0);
    return engine;
}

struct engine *engines_get(struct loop *loop)
{
    struct engine *engine = atomic_load_explicit(&loop->engine, memory_order_relaxed);
    if (__builtin_expect(engine != NULL, 1)) return engine;
    engine = engines_create(loop, ENGINE_SCRIPTS);
    atomic_store_explicit(&loop->engine, engine, memory_order_release);
    return engine;
}

size_t engines_bytes(const struct server *server)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct engine *engine = atomic_load_explicit(&server->loops[i].engine, memory_order_acquire);
        if (engine != NULL) bytes += engine_used_bytes(engine);
    }
    return bytes;
}

void engines_destroy(struct engine *engine)
{
    repertoire_clear(engine);
    lua_close(engine->lua);
    buffer_clear(&engine->reply);
    buffer_clear(&engine->numbers);
    buffer_clear(&engine->packed);
    alloc_free(engine->argv);
    alloc_free(engine);
}

void engines_clear(struct loop *loop)
{
    struct engine *left = loop->engine;
    loop->engine = NULL;
    if (left != NULL) engines_destroy(left);
}
