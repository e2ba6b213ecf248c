/* Storing new keys when memory is full: each insert pays for one eviction, out of a million entries. */
#include <stdint.h>
#include <string.h>

#include "bench/micro/case.h"
#include "proto/base/alloc.h"
#include "proto/base/slice.h"
#include "storage/evict/budget.h"
#include "storage/evict/policy.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/room.h"
#include "storage/shard/shard.h"
#include "storage/table/key.h"

#define ENTRIES      1000000
#define ENTRY_BYTES  80 /* with its part of the table */
#define KEY_BYTES    16
#define SEED         42
#define NOW_MS       INT64_C(1700000000000)
#define INSERTS_A_MS 1000
#define VALUE        SLICE("abcdefghijklmnopqrstuvwxyz012345")

struct full {
    struct keyspace *keyspace;
    uint64_t inserted;
};

static void insert(struct full *full)
{
    char name[KEY_BYTES];
    uint64_t number = full->inserted++;
    memcpy(name, "key:", strlen("key:"));
    for (int i = KEY_BYTES - 1; i >= (int)strlen("key:"); i--, number /= 10)
        name[i] = (char)('0' + number % 10);
    struct key key = keyspace_key(full->keyspace, slice_of(name, sizeof name));
    int64_t now_ms = NOW_MS + (int64_t)(full->inserted / INSERTS_A_MS);

    struct room_request request = {
        .need = ENTRY_BYTES, .hash = key.hash, .now_ms = now_ms, .evictions = 16
    };
    if (budget_is_short(keyspace_budget(full->keyspace), request.need)) room_make(full->keyspace, &request);
    struct access access;
    access_get(&access, full->keyspace, key.hash);
    struct shard *shard = access_shard(&access, key.hash);
    micro_use(shard_use(shard, 0, key, now_ms));
    shard_put_string(shard, 0, key, NULL, VALUE, ENTRY_NO_DEADLINE);
    access_close(&access);
}

static void *create(const struct evict_policy *policy)
{
    struct full *full = ALLOC_NEW(struct full);
    full->keyspace =
        keyspace_create(&(struct keyspace_options){ .shards = 1, .databases = 1, .hash_seed = SEED });
    struct budget *budget = keyspace_budget(full->keyspace);
    budget_set_rules(budget, &(struct budget_rules){ .policy = policy, .lfu_log_factor = 10 });
    budget_set_limit(budget, policy != NULL ? (size_t)ENTRIES * ENTRY_BYTES : 0);
    /* Twice, so that the policy has settled. */
    for (int i = 0; i < 2 * ENTRIES; i++) insert(full);
    return full;
}

static void *create_lru(void)
{
    return create(&evict_lru);
}

static void *create_lfu(void)
{
    return create(&evict_lfu);
}

static void *create_random(void)
{
    return create(&evict_random);
}

static void *create_adaptive(void)
{
    return create(&evict_adaptive);
}

static void destroy(void *context)
{
    struct full *full = context;
    keyspace_destroy(&full->keyspace);
    alloc_free(full);
}

static void run(void *context, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) insert(context);
}

const struct micro_case evict_cases[] = {
    { "evict: insert when full, lru", create_lru, run, destroy },
    { "evict: insert when full, lfu", create_lfu, run, destroy },
    { "evict: insert when full, random", create_random, run, destroy },
    { "evict: insert when full, adaptive", create_adaptive, run, destroy },
    { 0 },
};
