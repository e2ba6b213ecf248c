#include "server/script/repertoire.h"

#include <string.h>

#include <lua5.1/lauxlib.h>
#include <lua5.1/lua.h>

#include "proto/base/alloc.h"
#include "proto/base/holder.h"
#include "proto/reply.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/errors/errors_script.h"
#include "server/script/engine.h"
#include "server/script/language/code.h"
#include "server/script/shebang.h"
#include "storage/keyspace/keyspace.h"
#include "storage/table/key_hash.h"

static struct texts *texts_of(const struct engine *engine)
{
    return engine->loop->server->texts;
}

static uint64_t text_hash(const struct engine *engine, struct slice text)
{
    return key_hash_inline(keyspace_seed(engine->loop->server->keyspace), text);
}

static void note_count(struct engine *engine)
{
    atomic_store_explicit(&engine->compiled, engine->by_sha1.len, memory_order_relaxed);
}

static void free_piece(struct engine *engine, struct piece *piece)
{
    luaL_unref(engine->lua, LUA_REGISTRYINDEX, piece->function);
    texts_release(&piece->script);
    alloc_free(piece);
}

static void drop(struct engine *engine, struct piece *piece)
{
    chains_remove(&engine->by_sha1, &piece->by_sha1);
    chains_remove(&engine->by_text, &piece->by_text);
    free_piece(engine, piece);
    note_count(engine);
}

/* Of those that have left the server's table, when the next is compiled: what it costs goes with that. */
static void sweep(struct engine *engine)
{
    uint64_t departures = texts_departures(texts_of(engine));
    if (departures == engine->departures_seen) return;
    engine->departures_seen = departures;
    struct piece *gone;
    do {
        struct chains_walk walk = { 0 };
        gone = NULL;
        for (struct chain *at; gone == NULL && (at = chains_next(&engine->by_sha1, &walk)) != NULL;)
            if (script_is_gone(((struct piece *)at)->script)) gone = (struct piece *)at;
        if (gone != NULL) drop(engine, gone);
    } while (gone != NULL);
}

static struct piece *find_text(struct engine *engine, uint64_t hash, struct slice text)
{
    for (struct chain *at = chains_find(&engine->by_text, hash); at != NULL; at = chain_next(at)) {
        struct piece *piece = HOLDER_OF(at, struct piece, by_text);
        const struct script *script = piece->script;
        if (slice_equal(slice_of(script->text, script->len), text)) return piece;
    }
    return NULL;
}

static struct piece *find_sha1(struct engine *engine, const struct sha1 *sha1)
{
    struct chain *at = chains_find(&engine->by_sha1, sha1_hash(sha1));
    for (; at != NULL; at = chain_next(at)) {
        struct piece *piece = (struct piece *)at;
        if (memcmp(&piece->script->sha1, sha1, sizeof(*sha1)) == 0) return piece;
    }
    return NULL;
}

static struct piece *living(struct engine *engine, struct piece *piece)
{
    if (piece == NULL) return NULL;
    if (__builtin_expect(script_is_gone(piece->script), 0)) {
        drop(engine, piece);
        return NULL;
    }
    texts_use(texts_of(engine), piece->script);
    return piece;
}

/* LUA_NOREF: it is none, as was replied. */
static int compile(struct engine *engine, struct slice code, struct reply *reply)
{
    int function = LUA_NOREF;
    if (code_load(engine->lua, code, "@user_script") == 0)
        function = engine_keep(engine);
    else
        reply_errorf(reply, ERR_SCRIPT_COMPILE_FMT, lua_tostring(engine->lua, -1));
    lua_settop(engine->lua, 0);
    return function;
}

static struct piece *add(struct engine *engine, struct script *script, int function)
{
    struct piece *piece = ALLOC_NEW(struct piece);
    *piece = (struct piece){ .script = script, .function = function };
    chains_add(&engine->by_sha1, &piece->by_sha1, sha1_hash(&script->sha1));
    chains_add(&engine->by_text, &piece->by_text, text_hash(engine, slice_of(script->text, script->len)));
    note_count(engine);
    return piece;
}

static struct slice code_of(const struct script *script)
{
    return slice_of(script->text + script->code, script->len - script->code);
}

/* Takes the reference. */
static struct piece *learn(struct engine *engine, struct script *script, struct reply *reply)
{
    int function = compile(engine, code_of(script), reply);
    if (function != LUA_NOREF) return add(engine, script, function);
    texts_release(&script);
    return NULL;
}

static struct piece *learn_text(struct engine *engine, struct slice text, struct reply *reply)
{
    struct sha1 sha1 = sha1_of(text);
    struct script *known = texts_find(texts_of(engine), &sha1);
    if (known != NULL) return learn(engine, known, reply);
    struct shebang shebang;
    if (!shebang_read(text, &shebang, reply)) return NULL;
    int function = compile(engine, slice_of(text.data + shebang.len, text.len - shebang.len), reply);
    if (function == LUA_NOREF) return NULL;
    return add(engine, texts_add(texts_of(engine), text, &sha1, shebang.flags, shebang.len), function);
}

const struct piece *repertoire_of_text(struct engine *engine, struct slice text, struct reply *reply)
{
    struct piece *piece = living(engine, find_text(engine, text_hash(engine, text), text));
    if (__builtin_expect(piece != NULL, 1)) return piece;
    sweep(engine);
    return learn_text(engine, text, reply);
}

const struct piece *repertoire_of_sha1(struct engine *engine, struct slice hex, struct reply *reply)
{
    struct sha1 sha1;
    if (sha1_read(hex, &sha1)) {
        struct piece *piece = living(engine, find_sha1(engine, &sha1));
        if (__builtin_expect(piece != NULL, 1)) return piece;
        sweep(engine);
        struct script *script = texts_find(texts_of(engine), &sha1);
        if (script != NULL) return learn(engine, script, reply);
    }
    reply_error(reply, SLICE(ERR_NO_SCRIPT));
    return NULL;
}

void repertoire_clear(struct engine *engine)
{
    struct chains_walk walk = { 0 };
    for (struct chain *at; (at = chains_next(&engine->by_sha1, &walk)) != NULL;)
        free_piece(engine, (struct piece *)at);
    chains_clear(&engine->by_sha1);
    chains_clear(&engine->by_text);
    note_count(engine);
}
