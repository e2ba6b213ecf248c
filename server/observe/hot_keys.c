#include "server/observe/hot_keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"

/* A key has its place in one row, so that a sample looks through a few counters and not all. */
#define ROWS 32
#define WAYS (HOT_KEYS / ROWS)

/* Of one loop. What is looked through at each sample stands apart from what is not. */
struct counters_of_loop {
    pthread_mutex_t lock;
    uint64_t hashes[HOT_KEYS]; /* row by row; 0: free */
    uint32_t counts[HOT_KEYS];
    struct hot_key keys[HOT_KEYS]; /* `count` stands above */
    int64_t halved_ms;
};

struct hot_keys {
    unsigned loops;
    struct counters_of_loop of[];
};

struct hot_keys *hot_keys_create(unsigned loops)
{
    size_t bytes = sizeof(struct hot_keys) + loops * sizeof(struct counters_of_loop);
    struct hot_keys *keys = alloc_bytes(bytes);
    memset(keys, 0, bytes);
    keys->loops = loops;
    for (unsigned i = 0; i < loops; i++) pthread_mutex_init(&keys->of[i].lock, NULL);
    return keys;
}

void hot_keys_destroy(struct hot_keys **keys)
{
    if (*keys == NULL) return;
    for (unsigned i = 0; i < (*keys)->loops; i++) pthread_mutex_destroy(&(*keys)->of[i].lock);
    alloc_free(*keys);
    *keys = NULL;
}

static size_t first_of_row(uint64_t hash)
{
    return (hash >> 32) % ROWS * WAYS;
}

static size_t smallest_of_row(const struct counters_of_loop *own, size_t first)
{
    size_t least = first;
    for (size_t i = first + 1; i < first + WAYS; i++)
        if (own->counts[i] < own->counts[least]) least = i;
    return least;
}

/* The place of the smallest, for another: it may have been asked for as often. Most samples of many keys end
 * here, so bytes behind the name are left as they are. */
static size_t take_over(struct counters_of_loop *own, size_t first, uint64_t hash,
                        const struct hot_sample *sample)
{
    size_t at = smallest_of_row(own, first);
    struct hot_key *key = &own->keys[at];
    size_t len = sample->name.len < HOT_KEY_NAME_MAX ? sample->name.len : HOT_KEY_NAME_MAX;
    own->hashes[at] = key->hash = hash;
    key->error = own->counts[at];
    key->reads = key->writes = key->bytes = 0;
    key->db = sample->db;
    key->is_cut = len < sample->name.len;
    key->len = len;
    memcpy(key->name, sample->name.data, len);
    return at;
}

/* Its place, which it gets if it has none. */
static size_t place(struct counters_of_loop *own, uint64_t hash, const struct hot_sample *sample)
{
    size_t first = first_of_row(hash);
    for (size_t i = first; i < first + WAYS; i++)
        if (own->hashes[i] == hash) return i;
    return take_over(own, first, hash, sample);
}

void hot_keys_add(struct hot_keys *keys, unsigned loop, const struct hot_sample *sample)
{
    struct counters_of_loop *own = &keys->of[loop];
    /* The same name in two databases is two keys, and none is 0. */
    uint64_t hash = (sample->hash + sample->db * UINT64_C(0x9e3779b97f4a7c15)) | 1;
    pthread_mutex_lock(&own->lock);
    size_t at = place(own, hash, sample);
    own->counts[at] += sample->weight;
    *(sample->writes ? &own->keys[at].writes : &own->keys[at].reads) += sample->weight;
    own->keys[at].bytes += sample->bytes * sample->weight;
    pthread_mutex_unlock(&own->lock);
}

static void halve(struct counters_of_loop *own, uint32_t least)
{
    for (size_t i = 0; i < HOT_KEYS; i++) {
        struct hot_key *key = &own->keys[i];
        own->counts[i] /= 2;
        key->error /= 2;
        key->reads /= 2;
        key->writes /= 2;
        key->bytes /= 2;
        if (own->counts[i] < least) own->hashes[i] = own->counts[i] = 0;
    }
}

void hot_keys_age(struct hot_keys *keys, unsigned loop, int64_t now_ms, uint32_t least)
{
    struct counters_of_loop *own = &keys->of[loop];
    if (own->halved_ms == 0) own->halved_ms = now_ms; /* counting has just begun */
    if (now_ms - own->halved_ms < HOT_KEYS_HALF_LIFE_MS) return;
    pthread_mutex_lock(&own->lock);
    own->halved_ms = now_ms;
    halve(own, least);
    pthread_mutex_unlock(&own->lock);
}

static struct hot_key told(const struct counters_of_loop *own, size_t at)
{
    struct hot_key key = own->keys[at];
    key.count = own->counts[at];
    return key;
}

static void merge(struct hot_key *all, size_t *len, struct hot_key key)
{
    for (size_t i = 0; i < *len; i++) {
        if (all[i].hash != key.hash) continue;
        all[i].count += key.count;
        all[i].error += key.error;
        all[i].reads += key.reads;
        all[i].writes += key.writes;
        all[i].bytes += key.bytes;
        return;
    }
    all[(*len)++] = key;
}

static void merge_loop(struct hot_key *all, size_t *len, struct counters_of_loop *own)
{
    pthread_mutex_lock(&own->lock);
    for (size_t i = 0; i < HOT_KEYS; i++)
        if (own->hashes[i] != 0) merge(all, len, told(own, i));
    pthread_mutex_unlock(&own->lock);
}

static int hottest_first(const void *left, const void *right)
{
    const struct hot_key *a = left, *b = right;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return a->hash < b->hash ? 1 : a->hash > b->hash ? -1 : 0;
}

size_t hot_keys_top(struct hot_keys *keys, struct hot_key *out, size_t most)
{
    struct hot_key *all = alloc_bytes(keys->loops * HOT_KEYS * sizeof *all);
    size_t len = 0;
    for (unsigned i = 0; i < keys->loops; i++) merge_loop(all, &len, &keys->of[i]);
    qsort(all, len, sizeof *all, hottest_first);
    if (len > most) len = most;
    memcpy(out, all, len * sizeof *all);
    alloc_free(all);
    return len;
}

void hot_keys_reset(struct hot_keys *keys)
{
    for (unsigned i = 0; i < keys->loops; i++) {
        struct counters_of_loop *own = &keys->of[i];
        pthread_mutex_lock(&own->lock);
        memset(own->hashes, 0, sizeof own->hashes);
        memset(own->counts, 0, sizeof own->counts);
        pthread_mutex_unlock(&own->lock);
    }
}
