#include "server/script/watchdog.h"

#include <pthread.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/core/ticks.h"
#include "server/exec/call.h"
#include "storage/keyspace/rank.h"

struct watchdog {
    _Atomic unsigned watched;
    _Atomic bool described;
    pthread_mutex_t lock;
    uint64_t began; /* ticks */
    struct buffer name;
    struct buffer words; /* the command's, each as a bulk string */
    int count;
};

struct watchdog *watchdog_create(void)
{
    struct watchdog *watchdog = ALLOC_NEW(struct watchdog);
    pthread_mutex_init(&watchdog->lock, NULL);
    return watchdog;
}

void watchdog_destroy(struct watchdog **watchdog)
{
    struct watchdog *left = *watchdog;
    *watchdog = NULL;
    pthread_mutex_destroy(&left->lock);
    buffer_clear(&left->name);
    buffer_clear(&left->words);
    alloc_free(left);
}

void watchdog_begin(struct watchdog *watchdog, unsigned kind)
{
    atomic_store_explicit(&watchdog->watched, WATCHED_READING | kind, memory_order_relaxed);
}

static void forget(struct watchdog *watchdog)
{
    leaf_lock(&watchdog->lock);
    atomic_store(&watchdog->described, false);
    buffer_clear(&watchdog->words);
    leaf_unlock(&watchdog->lock);
}

void watchdog_end(struct watchdog *watchdog)
{
    atomic_store_explicit(&watchdog->watched, WATCHED_NOTHING, memory_order_relaxed);
    if (__builtin_expect(watchdog->described, 0)) forget(watchdog);
}

bool watchdog_has_killed(const struct watchdog *watchdog)
{
    unsigned watched = atomic_load_explicit(&watchdog->watched, memory_order_relaxed);
    return (watched & WATCHED_DOING) == WATCHED_KILLED;
}

bool watchdog_lets_write(struct watchdog *watchdog)
{
    unsigned kind = atomic_load_explicit(&watchdog->watched, memory_order_relaxed) & WATCHED_FUNCTION;
    unsigned reading = WATCHED_READING | kind;
    return atomic_compare_exchange_strong(&watchdog->watched, &reading, WATCHED_WRITING | kind);
}

unsigned watchdog_kill(struct watchdog *watchdog, unsigned kind)
{
    unsigned found = WATCHED_READING | kind;
    atomic_compare_exchange_strong(&watchdog->watched, &found, WATCHED_KILLED | kind);
    return found;
}

void watchdog_describe(struct watchdog *watchdog, const char *name, const struct call *call, uint64_t began)
{
    leaf_lock(&watchdog->lock);
    watchdog->began = began;
    watchdog->count = call->argc;
    watchdog->name.len = watchdog->words.len = 0;
    buffer_append(&watchdog->name, name, strlen(name) + 1);
    struct reply words = { .out = &watchdog->words, .protocol = 2 };
    for (int i = 0; i < call->argc; i++) reply_bulk(&words, call->argv[i]);
    atomic_store(&watchdog->described, true);
    leaf_unlock(&watchdog->lock);
}

static void tell(const struct watchdog *watchdog, struct reply *reply, uint64_t ns_per_tick)
{
    uint64_t ns = ticks_to_ns(ticks_now() - watchdog->began, ns_per_tick);
    reply_map(reply, 3);
    reply_bulk_cstr(reply, "name");
    reply_bulk_cstr(reply, watchdog->name.data);
    reply_bulk_cstr(reply, "command");
    reply_array(reply, (size_t)watchdog->count);
    buffer_append(reply->out, watchdog->words.data, watchdog->words.len);
    reply_bulk_cstr(reply, "duration_ms");
    reply_int(reply, (int64_t)(ns / 1000000));
}

void watchdog_tell(struct watchdog *watchdog, struct reply *reply, uint64_t ns_per_tick)
{
    leaf_lock(&watchdog->lock);
    if (watchdog->described)
        tell(watchdog, reply, ns_per_tick);
    else
        reply_null(reply);
    leaf_unlock(&watchdog->lock);
}
