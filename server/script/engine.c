#include "server/script/engine.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/core/loop.h"
#include "server/script/play.h"
#include "server/script/repertoire.h"
#include "server/script/sandbox.h"

/* Redis's, which is that of an unseeded lrand48(). */
#define FIRST_CHANCE UINT64_C(0x1234abcd330e)

static void note_use(struct engine *engine, size_t less, size_t more)
{
    size_t used = engine_used_bytes(engine) - less + more;
    atomic_store_explicit(&engine->used_bytes, used, memory_order_relaxed);
}

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct engine *engine = context;
    if (size == 0) {
        note_use(engine, old_size, 0);
        alloc_free(old);
        return NULL;
    }
    bool grows = size > old_size;
    if (grows && engine->limit_bytes != 0 &&
        engine_used_bytes(engine) + (size - old_size) > engine->limit_bytes)
        return NULL;
    void *memory = alloc_try_resize(old, size);
    if (memory != NULL) note_use(engine, old_size, size);
    return memory;
}

struct engine *engine_of(lua_State *lua)
{
    void *engine;
    lua_getallocf(lua, &engine);
    return engine;
}

static int furnish(lua_State *lua)
{
    sandbox_build(lua);
    play_prepare(lua);
    return 0;
}

static struct engine *create(struct loop *loop)
{
    struct engine *engine = ALLOC_NEW(struct engine);
    engine->loop = loop;
    engine->chance = FIRST_CHANCE;
    engine->lua = lua_newstate(allocate, engine);
    INVARIANT(engine->lua != NULL);
    int failure = lua_cpcall(engine->lua, furnish, NULL);
    INVARIANT(failure == 0);
    return engine;
}

struct engine *engine_get(struct loop *loop)
{
    if (__builtin_expect(loop->engine == NULL, 0)) loop->engine = create(loop);
    return loop->engine;
}

void engine_destroy(struct engine **engine)
{
    struct engine *left = *engine;
    *engine = NULL;
    if (left == NULL) return;
    repertoire_clear(left);
    lua_close(left->lua);
    buffer_clear(&left->reply);
    buffer_clear(&left->numbers);
    alloc_free(left->argv);
    alloc_free(left);
}
