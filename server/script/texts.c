#include "server/script/texts.h"

#include <pthread.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/script/libraries/json.h"

/* As Redis from 7.4 on. */
#define EVALUATED_MAX 500

struct texts {
    pthread_mutex_t lock;
    struct chains scripts;
    size_t evaluated; /* of these: not loaded */
    _Atomic size_t count;
    _Atomic size_t bytes;
    _Atomic uint64_t evicted;
    _Atomic uint64_t departures;
    _Atomic uint64_t uses;
    struct json_options json;
};

struct texts *texts_create(void)
{
    struct texts *texts = ALLOC_NEW(struct texts);
    pthread_mutex_init(&texts->lock, NULL);
    texts->json = json_options_usual;
    return texts;
}

struct json_options *texts_json(struct texts *texts)
{
    return &texts->json;
}

void texts_release(struct script **script)
{
    struct script *left = *script;
    *script = NULL;
    if (left != NULL && atomic_fetch_sub(&left->holders, 1) == 1) alloc_free(left);
}

static struct script *hold(struct script *script)
{
    if (script != NULL) atomic_fetch_add_explicit(&script->holders, 1, memory_order_relaxed);
    return script;
}

static struct script *find(const struct texts *texts, const struct sha1 *sha1)
{
    struct chain *at = chains_find(&texts->scripts, sha1_hash(sha1));
    for (; at != NULL; at = chain_next(at)) {
        struct script *script = (struct script *)at;
        if (memcmp(&script->sha1, sha1, sizeof(*sha1)) == 0) return script;
    }
    return NULL;
}

static size_t bytes_of(const struct script *script)
{
    return sizeof(*script) + script->len;
}

static void note_departure(struct texts *texts, struct script *script)
{
    if (!script->loaded) texts->evaluated--;
    atomic_fetch_sub(&texts->count, 1);
    atomic_fetch_sub(&texts->bytes, bytes_of(script));
    atomic_store(&script->gone, true);
    texts_release(&script);
}

static void evict_one(struct texts *texts)
{
    struct script *oldest = NULL;
    struct chains_walk walk = { 0 };
    for (struct chain *at; (at = chains_next(&texts->scripts, &walk)) != NULL;) {
        struct script *script = (struct script *)at;
        if (!script->loaded && (oldest == NULL || script->used < oldest->used)) oldest = script;
    }
    chains_remove(&texts->scripts, &oldest->by_sha1);
    note_departure(texts, oldest);
    atomic_fetch_add(&texts->evicted, 1);
    atomic_fetch_add(&texts->departures, 1);
}

static struct script *make(struct slice text, const struct sha1 *sha1, uint32_t flags, size_t code)
{
    struct script *script = alloc_zeroed(sizeof(*script) + text.len);
    script->sha1 = *sha1;
    sha1_write(sha1, script->name);
    script->flags = flags;
    script->code = code;
    script->len = text.len;
    if (text.len > 0) memcpy(script->text, text.data, text.len);
    return script;
}

static struct script *add(struct texts *texts, struct script *script)
{
    if (texts->evaluated == EVALUATED_MAX) evict_one(texts);
    chains_add(&texts->scripts, &script->by_sha1, sha1_hash(&script->sha1));
    atomic_store(&script->holders, 1);
    texts->evaluated++;
    atomic_fetch_add(&texts->count, 1);
    atomic_fetch_add(&texts->bytes, bytes_of(script));
    return script;
}

struct script *texts_find(struct texts *texts, const struct sha1 *sha1)
{
    pthread_mutex_lock(&texts->lock);
    struct script *script = hold(find(texts, sha1));
    pthread_mutex_unlock(&texts->lock);
    return script;
}

bool texts_know(struct texts *texts, const struct sha1 *sha1)
{
    pthread_mutex_lock(&texts->lock);
    bool known = find(texts, sha1) != NULL;
    pthread_mutex_unlock(&texts->lock);
    return known;
}

struct script *texts_add(struct texts *texts, struct slice text, const struct sha1 *sha1, uint32_t flags,
                         size_t code)
{
    pthread_mutex_lock(&texts->lock);
    struct script *script = find(texts, sha1);
    if (script == NULL) script = add(texts, make(text, sha1, flags, code));
    hold(script);
    pthread_mutex_unlock(&texts->lock);
    texts_use(texts, script);
    return script;
}

void texts_keep(struct texts *texts, struct script *script)
{
    pthread_mutex_lock(&texts->lock);
    if (!script->loaded && !script->gone) texts->evaluated--;
    atomic_store(&script->loaded, true);
    pthread_mutex_unlock(&texts->lock);
}

void texts_use(struct texts *texts, struct script *script)
{
    uint64_t now = atomic_load_explicit(&texts->uses, memory_order_relaxed) + 1;
    atomic_store_explicit(&texts->uses, now, memory_order_relaxed);
    atomic_store_explicit(&script->used, now, memory_order_relaxed);
}

void texts_flush(struct texts *texts)
{
    pthread_mutex_lock(&texts->lock);
    struct chains_walk walk = { 0 };
    for (struct chain *at; (at = chains_next(&texts->scripts, &walk)) != NULL;)
        note_departure(texts, (struct script *)at);
    chains_clear(&texts->scripts);
    atomic_fetch_add(&texts->departures, 1);
    pthread_mutex_unlock(&texts->lock);
}

uint64_t texts_departures(const struct texts *texts)
{
    return atomic_load_explicit(&texts->departures, memory_order_relaxed);
}

struct texts_figures texts_figures(const struct texts *texts)
{
    return (struct texts_figures){ .count = atomic_load(&texts->count),
                                   .bytes = atomic_load(&texts->bytes),
                                   .evicted = atomic_load(&texts->evicted) };
}

void texts_destroy(struct texts **texts)
{
    texts_flush(*texts);
    pthread_mutex_destroy(&(*texts)->lock);
    alloc_free(*texts);
    *texts = NULL;
}
