#include "server/events/pubsub/pubsub_registry.h"

#include <pthread.h>
#include <stdatomic.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/contract.h"

/* Enough that loops that publish to different channels seldom meet. */
#define STRIPE_BITS 6
#define STRIPES     (1u << STRIPE_BITS)

struct stripe {
    pthread_mutex_t lock;
    struct topic_table topics;
};

struct pubsub_registry {
    struct stripe channels[STRIPES];
    struct stripe shard_channels[STRIPES];
    pthread_rwlock_t patterns_lock;
    struct topic_table patterns;
    struct topic **pattern_list; /* the same, in the order in which they are tried */
    size_t pattern_cap;
    _Atomic size_t count[TOPIC_KINDS];
    _Atomic size_t hear_keys;
    _Atomic size_t hear_events;
    unsigned loops;
};

/* Publications follow each other without a gap: who subscribes to a pattern must get in between. */
static void init_patterns_lock(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t kind;
    pthread_rwlockattr_init(&kind);
    pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &kind);
    pthread_rwlockattr_destroy(&kind);
}

struct pubsub_registry *pubsub_registry_create(unsigned loops)
{
    struct pubsub_registry *registry = ALLOC_NEW(struct pubsub_registry);
    registry->loops = loops;
    for (unsigned i = 0; i < STRIPES; i++) {
        pthread_mutex_init(&registry->channels[i].lock, NULL);
        pthread_mutex_init(&registry->shard_channels[i].lock, NULL);
    }
    init_patterns_lock(&registry->patterns_lock);
    return registry;
}

static void clear_stripe(struct stripe *stripe)
{
    topic_table_clear(&stripe->topics);
    pthread_mutex_destroy(&stripe->lock);
}

void pubsub_registry_destroy(struct pubsub_registry **registry)
{
    struct pubsub_registry *gone = *registry;
    if (gone == NULL) return;
    for (unsigned i = 0; i < STRIPES; i++) {
        clear_stripe(&gone->channels[i]);
        clear_stripe(&gone->shard_channels[i]);
    }
    topic_table_clear(&gone->patterns);
    pthread_rwlock_destroy(&gone->patterns_lock);
    alloc_free(gone->pattern_list);
    alloc_free(gone);
    *registry = NULL;
}

/* By other bits of the hash than the bucket. */
static struct stripe *stripe_of(struct pubsub_registry *registry, enum topic_kind kind, uint64_t hash)
{
    struct stripe *stripes = kind == TOPIC_CHANNEL ? registry->channels : registry->shard_channels;
    return &stripes[hash >> (64 - STRIPE_BITS)];
}

static void lock_stripe(const struct pubsub_registry *registry, struct stripe *stripe)
{
    if (registry->loops > 1) pthread_mutex_lock(&stripe->lock);
}

static void unlock_stripe(const struct pubsub_registry *registry, struct stripe *stripe)
{
    if (registry->loops > 1) pthread_mutex_unlock(&stripe->lock);
}

void pubsub_registry_lock(struct pubsub_registry *registry, enum topic_kind kind, uint64_t hash)
{
    if (kind != TOPIC_PATTERN)
        lock_stripe(registry, stripe_of(registry, kind, hash));
    else if (registry->loops > 1)
        pthread_rwlock_wrlock(&registry->patterns_lock);
}

void pubsub_registry_unlock(struct pubsub_registry *registry, enum topic_kind kind, uint64_t hash)
{
    if (kind != TOPIC_PATTERN)
        unlock_stripe(registry, stripe_of(registry, kind, hash));
    else if (registry->loops > 1)
        pthread_rwlock_unlock(&registry->patterns_lock);
}

static void lock_patterns_to_read(struct pubsub_registry *registry)
{
    if (registry->loops > 1) pthread_rwlock_rdlock(&registry->patterns_lock);
}

static struct topic_table *table_of(struct pubsub_registry *registry, enum topic_kind kind, uint64_t hash)
{
    return kind == TOPIC_PATTERN ? &registry->patterns : &stripe_of(registry, kind, hash)->topics;
}

/* Whether a channel that begins with `start` may be, or be matched by, the topic. */
static bool may_begin(const struct topic *topic, struct slice start)
{
    size_t plain = topic->kind == TOPIC_PATTERN ? topic->plain : topic->name.len;
    if (topic->kind != TOPIC_PATTERN && plain < start.len) return false;
    size_t len = plain < start.len ? plain : start.len;
    return memcmp(topic->name.data, start.data, len) == 0;
}

static void count(struct pubsub_registry *registry, const struct topic *topic, size_t by)
{
    atomic_fetch_add(&registry->count[topic->kind], by);
    if (topic->kind == TOPIC_SHARD_CHANNEL) return;
    if (may_begin(topic, SLICE("__keyspace@"))) atomic_fetch_add(&registry->hear_keys, by);
    if (may_begin(topic, SLICE("__keyevent@"))) atomic_fetch_add(&registry->hear_events, by);
}

static void list_pattern(struct pubsub_registry *registry, struct topic *pattern)
{
    size_t len = registry->patterns.chains.len;
    ARRAY_RESERVE(registry->pattern_list, len, registry->pattern_cap, 8);
    pattern->at = len;
    registry->pattern_list[len] = pattern;
}

/* The last one takes its place: in which order patterns are tried nobody is promised. */
static void unlist_pattern(struct pubsub_registry *registry, const struct topic *pattern)
{
    struct topic *last = registry->pattern_list[registry->patterns.chains.len - 1];
    last->at = pattern->at;
    registry->pattern_list[last->at] = last;
}

struct topic *pubsub_registry_enter(struct pubsub_registry *registry, enum topic_kind kind, struct slice name,
                                    uint64_t hash)
{
    struct topic_table *table = table_of(registry, kind, hash);
    struct topic *topic = topic_table_find(table, name, hash);
    if (topic == NULL) {
        topic = topic_create(kind, name, hash, registry->loops);
        if (kind == TOPIC_PATTERN) list_pattern(registry, topic);
        topic_table_add(table, topic);
        count(registry, topic, 1);
    }
    topic->subscribers++;
    return topic;
}

void pubsub_registry_leave(struct pubsub_registry *registry, struct topic *topic)
{
    REQUIRE(topic->subscribers > 0);
    if (--topic->subscribers > 0) return;
    count(registry, topic, (size_t)-1);
    if (topic->kind == TOPIC_PATTERN) unlist_pattern(registry, topic);
    topic_table_take(table_of(registry, topic->kind, topic->chain.hash), topic);
    topic_destroy(&topic);
}

/* Patterns before the stripe. Who finds that there are none came before the first one. */
struct pubsub_walk pubsub_walk_open(struct pubsub_registry *registry, enum topic_kind kind,
                                    struct slice channel, uint64_t hash)
{
    struct pubsub_walk walk = { .registry = registry, .channel = channel, .hash = hash, .kind = kind };
    walk.patterns = kind == TOPIC_CHANNEL && pubsub_registry_topics(registry, TOPIC_PATTERN) > 0;
    if (walk.patterns) lock_patterns_to_read(registry);
    lock_stripe(registry, stripe_of(registry, kind, hash));
    return walk;
}

static struct topic *next_pattern(struct pubsub_walk *walk)
{
    const struct pubsub_registry *registry = walk->registry;
    while (walk->next_pattern < registry->patterns.chains.len) {
        struct topic *pattern = registry->pattern_list[walk->next_pattern++];
        if (topic_matches(pattern, walk->channel)) return pattern;
    }
    return NULL;
}

struct topic *pubsub_walk_next(struct pubsub_walk *walk)
{
    if (!walk->begun) {
        walk->begun = true;
        struct topic_table *table = table_of(walk->registry, walk->kind, walk->hash);
        struct topic *topic = topic_table_find(table, walk->channel, walk->hash);
        if (topic != NULL) return topic;
    }
    return walk->patterns ? next_pattern(walk) : NULL;
}

void pubsub_walk_close(struct pubsub_walk *walk)
{
    struct pubsub_registry *registry = walk->registry;
    unlock_stripe(registry, stripe_of(registry, walk->kind, walk->hash));
    if (walk->patterns && registry->loops > 1) pthread_rwlock_unlock(&registry->patterns_lock);
}

size_t pubsub_registry_topics(const struct pubsub_registry *registry, enum topic_kind kind)
{
    return atomic_load_explicit(&registry->count[kind], memory_order_acquire);
}

uint64_t pubsub_registry_subscribers(struct pubsub_registry *registry, enum topic_kind kind,
                                     struct slice name, uint64_t hash)
{
    pubsub_registry_lock(registry, kind, hash);
    const struct topic *topic = topic_table_find(table_of(registry, kind, hash), name, hash);
    uint64_t subscribers = topic != NULL ? topic->subscribers : 0;
    pubsub_registry_unlock(registry, kind, hash);
    return subscribers;
}

static void each_of(const struct topic_table *table, void (*visit)(void *context, struct slice name),
                    void *context)
{
    struct chains_walk walk = { 0 };
    for (const struct topic *topic;
         (topic = (const struct topic *)chains_next(&table->chains, &walk)) != NULL;)
        visit(context, topic->name);
}

void pubsub_registry_each(struct pubsub_registry *registry, enum topic_kind kind,
                          void (*visit)(void *context, struct slice name), void *context)
{
    REQUIRE(kind != TOPIC_PATTERN);
    struct stripe *stripes = kind == TOPIC_CHANNEL ? registry->channels : registry->shard_channels;
    for (unsigned i = 0; i < STRIPES; i++) {
        lock_stripe(registry, &stripes[i]);
        each_of(&stripes[i].topics, visit, context);
        unlock_stripe(registry, &stripes[i]);
    }
}

bool pubsub_registry_hears_keys(const struct pubsub_registry *registry)
{
    return atomic_load_explicit(&registry->hear_keys, memory_order_relaxed) > 0;
}

bool pubsub_registry_hears_events(const struct pubsub_registry *registry)
{
    return atomic_load_explicit(&registry->hear_events, memory_order_relaxed) > 0;
}
