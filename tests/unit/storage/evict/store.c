#include "tests/unit/storage/evict/store.h"

#include <stdio.h>

#include "proto/base/alloc.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard.h"

#define HASH_SEED   815
#define ENTRY_BYTES 64 /* of an entry above its value, at most */

void store_open(struct store *store, const struct store_options *options)
{
    *store = (struct store){ .now_ms = 1700000000000 };
    store->keyspace = keyspace_create(&(struct keyspace_options){
        .shards = options->shards > 0 ? options->shards : 1,
        .databases = 2,
        .locking = options->shards > 1,
        .hash_seed = HASH_SEED,
    });
    store->budget = keyspace_budget(store->keyspace);
    budget_set_rules(store->budget, &options->rules);
    budget_set_limit(store->budget, options->limit_bytes);
}

void store_close(struct store *store)
{
    keyspace_destroy(&store->keyspace);
}

void store_check(struct store *store)
{
    struct access access;
    access_get_all(&access, store->keyspace);
    for (unsigned i = 0; i < keyspace_shards(store->keyspace); i++) shard_check(access_shard_at(&access, i));
    access_close(&access);
}

/* The key's shard, opened; the name is written to `text`. */
static struct shard *open_key(struct store *store, struct access *access, unsigned number, char text[16],
                              struct key *key)
{
    struct slice name = slice_of(text, (size_t)snprintf(text, 16, "key %u", number));
    *key = keyspace_key(store->keyspace, name);
    access_get(access, store->keyspace, key->hash);
    return access_shard(access, key->hash);
}

static bool make_room(struct store *store, unsigned number, size_t need)
{
    char text[16];
    struct slice name = slice_of(text, (size_t)snprintf(text, 16, "key %u", number));
    struct room_request request = { .need = need, .now_ms = store->now_ms, .evictions = 1000000 };
    request.hash = keyspace_key(store->keyspace, name).hash;
    return room_make(store->keyspace, &request) == ROOM_ENOUGH;
}

bool store_set_until(struct store *store, unsigned key, size_t len, int64_t deadline_ms)
{
    char text[16];
    struct access access;
    struct key k;
    if (!make_room(store, key, len + ENTRY_BYTES)) return false;
    char *value = alloc_zeroed(len + 1);
    struct shard *shard = open_key(store, &access, key, text, &k);
    struct entry *old = shard_use(shard, 0, k, store->now_ms);
    shard_put_string(shard, 0, k, old, slice_of(value, len), deadline_ms);
    access_close(&access);
    alloc_free(value);
    return true;
}

bool store_set(struct store *store, unsigned key, size_t len)
{
    return store_set_until(store, key, len, ENTRY_NO_DEADLINE);
}

bool store_get(struct store *store, unsigned key)
{
    char text[16];
    struct access access;
    struct key k;
    struct shard *shard = open_key(store, &access, key, text, &k);
    bool found = shard_use(shard, 0, k, store->now_ms) != NULL;
    access_close(&access);
    return found;
}

bool store_has(struct store *store, unsigned key)
{
    char text[16];
    struct access access;
    struct key k;
    struct shard *shard = open_key(store, &access, key, text, &k);
    bool found = shard_find(shard, 0, k, store->now_ms) != NULL;
    access_close(&access);
    return found;
}

void store_delete(struct store *store, unsigned key)
{
    char text[16];
    struct access access;
    struct key k;
    struct shard *shard = open_key(store, &access, key, text, &k);
    struct entry *entry = shard_find(shard, 0, k, store->now_ms);
    if (entry != NULL) shard_remove(shard, 0, k, entry);
    access_close(&access);
}

size_t store_len(const struct store *store)
{
    return keyspace_len(store->keyspace, 0);
}

uint64_t store_evicted(const struct store *store)
{
    return keyspace_stats(store->keyspace).evicted;
}
