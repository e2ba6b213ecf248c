/* Looking up and storing entries in a shard that no cache holds: a million keys, in random order. */
#include <stdint.h>
#include <string.h>

#include "bench/micro/case.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "proto/base/slice.h"
#include "storage/entry/entry.h"
#include "storage/shard/shard.h"
#include "storage/table/key.h"

#define KEYS      1000000
#define KEY_BYTES 16
#define BATCH     16
#define SEED      42
#define NOW_MS    INT64_C(1700000000000)
#define HOUR_MS   3600000
#define VALUE     SLICE("abcdefghijklmnopqrstuvwxyz012345")

struct store {
    struct shard *shard;
    struct random random;
    uint64_t inserted;
    int64_t now_ms;
    char names[BATCH][KEY_BYTES];
};

/* A name as the load generator makes it, and its hash. */
static struct key name_key(char name[KEY_BYTES], uint64_t number)
{
    memcpy(name, "key:", strlen("key:"));
    for (int i = KEY_BYTES - 1; i >= (int)strlen("key:"); i--, number /= 10)
        name[i] = (char)('0' + number % 10);
    struct slice slice = slice_of(name, KEY_BYTES);
    return (struct key){ slice, key_hash(SEED, slice) };
}

static void insert(struct store *store, uint64_t number)
{
    struct key key = name_key(store->names[0], number);
    shard_put_string(store->shard, 0, key, NULL, VALUE, ENTRY_NO_DEADLINE);
}

static int64_t any_deadline(struct store *store)
{
    return NOW_MS + 1000 + (int64_t)random_below(&store->random, HOUR_MS);
}

static void *create_empty(void)
{
    struct store *store = ALLOC_NEW(struct store);
    store->now_ms = NOW_MS;
    store->shard = shard_create(&(struct shard_options){ .hash_seed = SEED, .databases = 1 });
    return store;
}

static void *create_full(void)
{
    struct store *store = create_empty();
    for (uint64_t i = 0; i < KEYS; i++) insert(store, i);
    return store;
}

static void *create_timed(void)
{
    struct store *store = create_empty();
    for (uint64_t i = 0; i < KEYS; i++) {
        struct key key = name_key(store->names[0], i);
        struct entry *old = shard_find(store->shard, 0, key, NOW_MS);
        shard_put_string(store->shard, 0, key, old, VALUE, any_deadline(store));
    }
    return store;
}

static void destroy(void *context)
{
    struct store *store = context;
    shard_destroy(&store->shard);
    alloc_free(store);
}

static void hash(void *context, uint64_t count)
{
    struct store *store = context;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) sum += name_key(store->names[0], i).hash;
    micro_use(&sum);
}

static void find(void *context, uint64_t count)
{
    struct store *store = context;
    for (uint64_t i = 0; i < count; i++) {
        struct key key = name_key(store->names[0], random_below(&store->random, KEYS));
        micro_use(shard_find(store->shard, 0, key, NOW_MS));
    }
}

static void find_absent(void *context, uint64_t count)
{
    struct store *store = context;
    for (uint64_t i = 0; i < count; i++) {
        struct key key = name_key(store->names[0], KEYS + random_below(&store->random, KEYS));
        micro_use(shard_find(store->shard, 0, key, NOW_MS));
    }
}

/* As a loop does with a batch of requests: all buckets are fetched ahead, then all entries. */
static void find_batch(void *context, uint64_t count)
{
    struct store *store = context;
    struct key keys[BATCH];
    for (uint64_t done = 0; done < count; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            keys[i] = name_key(store->names[i], random_below(&store->random, KEYS));
            shard_prefetch_bucket(store->shard, 0, keys[i].hash);
        }
        for (int i = 0; i < BATCH; i++) shard_prefetch_entry(store->shard, 0, keys[i].hash);
        for (int i = 0; i < BATCH; i++) {
            struct entry *entry = shard_find(store->shard, 0, keys[i], NOW_MS);
            char scratch[32];
            micro_use(entry_text(entry, scratch).data);
        }
    }
}

static void overwrite(void *context, uint64_t count)
{
    struct store *store = context;
    for (uint64_t i = 0; i < count; i++) {
        struct key key = name_key(store->names[0], random_below(&store->random, KEYS));
        struct entry *old = shard_find(store->shard, 0, key, NOW_MS);
        shard_put_string(store->shard, 0, key, old, VALUE, ENTRY_NO_DEADLINE);
    }
}

static void overwrite_timed(void *context, uint64_t count)
{
    struct store *store = context;
    for (uint64_t i = 0; i < count; i++) {
        struct key key = name_key(store->names[0], random_below(&store->random, KEYS));
        struct entry *old = shard_find(store->shard, 0, key, NOW_MS);
        shard_put_string(store->shard, 0, key, old, VALUE, any_deadline(store));
    }
}

/* A million keys come and expire within two seconds of the shard's time, over and over. */
static void expire(void *context, uint64_t count)
{
    struct store *store = context;
    for (uint64_t i = 0; i < count; i++) {
        if (i % KEYS == 0) store->now_ms += 3000;
        int64_t deadline_ms = store->now_ms + 1000 + (int64_t)random_below(&store->random, 1000);
        struct key key = name_key(store->names[0], i % KEYS);
        struct entry *old = shard_find(store->shard, 0, key, store->now_ms);
        shard_put_string(store->shard, 0, key, old, VALUE, deadline_ms);
        if (i % KEYS != KEYS - 1) continue;
        for (int64_t late_ms = 0; late_ms < 2100; late_ms += 100)
            while (shard_sweep(store->shard, store->now_ms + late_ms, 64)) {}
    }
}

/* The shard starts anew at KEYS entries: growth is part of what an insert costs, and so is freeing it. */
static void insert_new(void *context, uint64_t count)
{
    struct store *store = context;
    for (uint64_t i = 0; i < count; i++) {
        if (store->inserted == KEYS) {
            shard_destroy(&store->shard);
            store->shard = shard_create(&(struct shard_options){ .hash_seed = SEED, .databases = 1 });
            store->inserted = 0;
        }
        insert(store, store->inserted++);
    }
}

const struct micro_case shard_cases[] = {
    { "shard: name and hash a key of 16 bytes", create_empty, hash, destroy },
    { "shard: find, 1 million keys", create_full, find, destroy },
    { "shard: find what is absent", create_full, find_absent, destroy },
    { "shard: find in batches of 16, prefetched", create_full, find_batch, destroy },
    { "shard: overwrite, 32 bytes", create_full, overwrite, destroy },
    { "shard: find, all with deadlines", create_timed, find, destroy },
    { "shard: find in batches, with deadlines", create_timed, find_batch, destroy },
    { "shard: overwrite, 32 bytes and deadline", create_timed, overwrite_timed, destroy },
    { "shard: insert with deadline, and expire", create_empty, expire, destroy },
    { "shard: insert, and free at the end", create_empty, insert_new, destroy },
    { 0 },
};
