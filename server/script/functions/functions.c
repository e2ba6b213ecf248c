#include "server/script/functions/functions.h"

#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "server/script/engines.h"
#include "server/script/functions/library.h"

struct functions {
    struct engine *_Atomic engine; /* NULL: nothing was loaded yet */
    bool is_beside;                /* others, whose Lua it is */
    struct chains libraries;
    struct chains by_name;
    struct library *first, *last;
    _Atomic size_t library_count;
    _Atomic size_t function_count;
    _Atomic size_t bytes;
};

struct functions *functions_create(void)
{
    return ALLOC_NEW(struct functions);
}

static struct engine *engine_at(const struct functions *functions)
{
    return atomic_load_explicit(&functions->engine, memory_order_acquire);
}

struct engine *functions_engine(struct functions *functions, struct loop *loop)
{
    struct engine *engine = engine_at(functions);
    if (engine == NULL) {
        engine = engines_create(loop, ENGINE_FUNCTIONS);
        atomic_store_explicit(&functions->engine, engine, memory_order_release);
    }
    engine->loop = loop;
    return engine;
}

struct functions *functions_create_beside(struct functions *functions, struct loop *loop)
{
    struct functions *beside = functions_create();
    beside->is_beside = true;
    beside->engine = functions_engine(functions, loop);
    return beside;
}

struct function *functions_find(const struct functions *functions, struct slice name)
{
    struct chain *at = chains_find(&functions->by_name, chains_hash_name(name));
    for (; at != NULL; at = chain_next(at)) {
        struct function *function = (struct function *)at;
        if (slice_equal_nocase(function_name(function), name)) return function;
    }
    return NULL;
}

struct library *functions_find_library(const struct functions *functions, struct slice name)
{
    struct chain *at = chains_find(&functions->libraries, chains_hash_name(name));
    for (; at != NULL; at = chain_next(at)) {
        struct library *library = (struct library *)at;
        if (slice_equal(library_name(library), name)) return library;
    }
    return NULL;
}

const struct function *functions_clash(const struct functions *functions, const struct library *library,
                                       const struct library *old)
{
    for (const struct function *at = library->functions; at != NULL; at = at->next) {
        const struct function *other = functions_find(functions, function_name(at));
        if (other != NULL && other->library != old) return at;
    }
    return NULL;
}

static void note(_Atomic size_t *figure, size_t less, size_t more)
{
    size_t value = atomic_load_explicit(figure, memory_order_relaxed);
    atomic_store_explicit(figure, value - less + more, memory_order_relaxed);
}

static void link_last(struct functions *functions, struct library *library)
{
    library->previous = functions->last;
    library->next = NULL;
    if (functions->last != NULL)
        functions->last->next = library;
    else
        functions->first = library;
    functions->last = library;
}

static void unlink(struct functions *functions, struct library *library)
{
    if (library->previous != NULL)
        library->previous->next = library->next;
    else
        functions->first = library->next;
    if (library->next != NULL)
        library->next->previous = library->previous;
    else
        functions->last = library->previous;
}

void functions_add(struct functions *functions, struct library *library, struct library *old)
{
    if (old != NULL) functions_remove(functions, old);
    for (struct function *at = library->functions; at != NULL; at = at->next)
        chains_add(&functions->by_name, &at->by_name, at->by_name.hash);
    chains_add(&functions->libraries, &library->by_name, chains_hash_name(library_name(library)));
    link_last(functions, library);
    note(&functions->library_count, 0, 1);
    note(&functions->function_count, 0, library->count);
    note(&functions->bytes, 0, library->bytes);
}

void functions_take(struct functions *functions, struct library *library)
{
    for (struct function *at = library->functions; at != NULL; at = at->next)
        chains_remove(&functions->by_name, &at->by_name);
    chains_remove(&functions->libraries, &library->by_name);
    unlink(functions, library);
    note(&functions->library_count, 1, 0);
    note(&functions->function_count, library->count, 0);
    note(&functions->bytes, library->bytes, 0);
}

void functions_drop(struct functions *functions, struct library *library)
{
    library_destroy(library, engine_at(functions)->lua);
}

void functions_remove(struct functions *functions, struct library *library)
{
    functions_take(functions, library);
    functions_drop(functions, library);
}

void functions_flush(struct functions *functions)
{
    while (functions->first != NULL) functions_remove(functions, functions->first);
    chains_shrink(&functions->by_name);
    chains_shrink(&functions->libraries);
    struct engine *engine = engine_at(functions);
    if (engine != NULL) lua_gc(engine->lua, LUA_GCCOLLECT, 0);
}

struct library *functions_next(const struct functions *functions, struct library *at)
{
    return at == NULL ? functions->first : at->next;
}

struct functions_figures functions_figures(const struct functions *functions)
{
    const struct engine *engine = engine_at(functions);
    return (struct functions_figures){ .libraries = atomic_load(&functions->library_count),
                                       .functions = atomic_load(&functions->function_count),
                                       .bytes = atomic_load(&functions->bytes),
                                       .lua_bytes = engine != NULL ? engine_used_bytes(engine) : 0 };
}

void functions_destroy(struct functions **functions)
{
    struct functions *left = *functions;
    *functions = NULL;
    functions_flush(left);
    chains_clear(&left->by_name);
    chains_clear(&left->libraries);
    struct engine *engine = engine_at(left);
    if (engine != NULL && !left->is_beside) engines_destroy(engine);
    alloc_free(left);
}
