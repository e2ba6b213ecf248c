#include "storage/keyspace/keyspace.h"

#include "proto/base/contract.h"
#include "storage/dress/bumps.h"
#include "storage/dress/media_types.h"
#include "storage/dress/tag_names.h"
#include "storage/keyspace/keyspace_state.h"
#include "storage/memory/block.h"
#include "storage/shard/shard_change.h"
#include "storage/shard/shard_dress.h"
#include "storage/shard/shard_elements.h"

/* Its budget begins at a cache line. */
#define STATE_BYTES ((sizeof(struct keyspace) + 63) & ~(size_t)63)

/* Until somebody says otherwise. */
#define BUMPS_MAX ((size_t)1 << 20)

/* Spins a little before it sleeps: a lock is held for a microsecond. */
static void init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

struct keyspace *keyspace_create(const struct keyspace_options *options)
{
    unsigned shards = options->shards;
    REQUIRE(shards > 0 && shards <= KEYSPACE_SHARDS_MAX && (shards & (shards - 1)) == 0);

    struct keyspace *keyspace = block_alloc_lines(STATE_BYTES);
    keyspace->options = *options;
    keyspace->locking = options->locking;
    keyspace->shift = 63 - (unsigned)__builtin_ctz(shards);
    keyspace->stripes = block_alloc_lines(shards * sizeof *keyspace->stripes);
    keyspace->bumps = bumps_create(
        &(struct bumps_options){ .seed = options->hash_seed, .shards = shards, .limit = BUMPS_MAX });
    keyspace->media_types = media_types_create();
    keyspace->tag_names = tag_names_create();
    struct shard_options shard_options = {
        .bumps = keyspace->bumps,
        .media_types = keyspace->media_types,
        .hash_seed = options->hash_seed,
        .databases = options->databases,
        .used = &keyspace->used,
        .burials = options->burials,
        .budget = &keyspace->budget,
    };
    init_lock(&keyspace->token.lock);
    database_set_init(&keyspace->used, options->databases);
    budget_init(&keyspace->budget, shards == 1);
    for (unsigned i = 0; i < shards; i++) {
        init_lock(&keyspace->stripes[i].lock);
        shard_options.index = i;
        keyspace->stripes[i].shard = shard_create(&shard_options);
    }
    return keyspace;
}

void keyspace_destroy(struct keyspace **keyspace)
{
    struct keyspace *k = *keyspace;
    if (k == NULL) return;
    for (unsigned i = 0; i < k->options.shards; i++) {
        shard_destroy(&k->stripes[i].shard);
        pthread_mutex_destroy(&k->stripes[i].lock);
    }
    bumps_destroy(&k->bumps);
    media_types_destroy(&k->media_types);
    tag_names_destroy(&k->tag_names);
    pthread_mutex_destroy(&k->token.lock);
    database_set_clear(&k->used);
    block_free_lines(k->stripes, k->options.shards * sizeof *k->stripes);
    block_free_lines(k, STATE_BYTES);
    *keyspace = NULL;
}

struct bumps *keyspace_bumps(struct keyspace *keyspace)
{
    return keyspace->bumps;
}

struct media_types *keyspace_media_types(struct keyspace *keyspace)
{
    return keyspace->media_types;
}

struct tag_names *keyspace_tag_names(struct keyspace *keyspace)
{
    return keyspace->tag_names;
}

void keyspace_listen(struct keyspace *keyspace, const struct change_listener *listener)
{
    for (unsigned i = 0; i < keyspace->options.shards; i++)
        shard_listen(keyspace->stripes[i].shard, listener);
}

void keyspace_set_listened(struct keyspace *keyspace, unsigned shard, uint32_t parts)
{
    uint32_t before = keyspace_listened(keyspace, shard);
    atomic_store_explicit(shard_listened(keyspace->stripes[shard].shard), parts, memory_order_relaxed);
    if (before == 0 && parts != 0) atomic_fetch_add_explicit(&keyspace->heard, 1, memory_order_relaxed);
    if (before != 0 && parts == 0) atomic_fetch_sub_explicit(&keyspace->heard, 1, memory_order_relaxed);
}

uint32_t keyspace_listened(const struct keyspace *keyspace, unsigned shard)
{
    REQUIRE(shard < keyspace->options.shards);
    return atomic_load_explicit(shard_listened(keyspace->stripes[shard].shard), memory_order_relaxed);
}

void keyspace_charge_beside(struct keyspace *keyspace, unsigned shard, size_t old_bytes, size_t new_bytes)
{
    REQUIRE(shard < keyspace->options.shards);
    shard_charge_beside(keyspace->stripes[shard].shard, old_bytes, new_bytes);
}

struct budget *keyspace_budget(struct keyspace *keyspace)
{
    return &keyspace->budget;
}

unsigned keyspace_shards(const struct keyspace *keyspace)
{
    return keyspace->options.shards;
}

uint64_t keyspace_seed(const struct keyspace *keyspace)
{
    return keyspace->options.hash_seed;
}

unsigned keyspace_databases(const struct keyspace *keyspace)
{
    return keyspace->options.databases;
}

const struct database_set *keyspace_used_databases(const struct keyspace *keyspace)
{
    return &keyspace->used;
}

struct key keyspace_key(const struct keyspace *keyspace, struct slice name)
{
    return (struct key){ .name = name, .hash = key_hash(keyspace->options.hash_seed, name) };
}

unsigned keyspace_shard_of(const struct keyspace *keyspace, uint64_t hash)
{
    return keyspace_shard_at(keyspace, hash);
}

size_t keyspace_entries(const struct keyspace *keyspace, unsigned db)
{
    size_t len = 0;
    for (unsigned i = 0; i < keyspace->options.shards; i++) len += shard_len(keyspace->stripes[i].shard, db);
    return len;
}

/* The two are read one after the other while others change them. */
static size_t without_absent(const struct shard *shard, unsigned db, size_t count)
{
    size_t absent = shard_absent(shard, db);
    return count > absent ? count - absent : 0;
}

size_t keyspace_len(const struct keyspace *keyspace, unsigned db)
{
    size_t len = 0;
    for (unsigned i = 0; i < keyspace->options.shards; i++) {
        const struct shard *shard = keyspace->stripes[i].shard;
        len += without_absent(shard, db, shard_len(shard, db));
    }
    return len;
}

size_t keyspace_deadlines(const struct keyspace *keyspace, unsigned db)
{
    size_t deadlines = 0;
    for (unsigned i = 0; i < keyspace->options.shards; i++) {
        const struct shard *shard = keyspace->stripes[i].shard;
        deadlines += without_absent(shard, db, shard_deadlines(shard, db));
    }
    return deadlines;
}

size_t keyspace_with_timed_elements(const struct keyspace *keyspace, unsigned db)
{
    size_t keys = 0;
    for (unsigned i = 0; i < keyspace->options.shards; i++)
        keys += shard_with_timed_elements(keyspace->stripes[i].shard, db);
    return keys;
}

size_t keyspace_dressed(const struct keyspace *keyspace, unsigned db)
{
    size_t keys = 0;
    for (unsigned i = 0; i < keyspace->options.shards; i++)
        keys += shard_dressed(keyspace->stripes[i].shard, db);
    return keys;
}

struct shard_stats keyspace_stats(const struct keyspace *keyspace)
{
    struct shard_stats sum = { 0 };
    for (unsigned i = 0; i < keyspace->options.shards; i++) {
        struct shard_stats stats = shard_stats(keyspace->stripes[i].shard);
        sum.bytes += stats.bytes;
        sum.entry_bytes += stats.entry_bytes;
        sum.expired += stats.expired;
        sum.expired_elements += stats.expired_elements;
        sum.evicted += stats.evicted;
    }
    return sum;
}
