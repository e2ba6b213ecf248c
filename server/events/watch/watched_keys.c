#include "server/events/watch/watched_keys.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/keyspace/rank.h"

#define BITS_MIN 4

void watched_keys_init(struct watched_keys *table)
{
    pthread_mutex_init(&table->lock, NULL);
}

void watched_keys_clear(struct watched_keys *table)
{
    REQUIRE(table->len == 0);
    alloc_free(table->buckets);
    pthread_mutex_destroy(&table->lock);
}

/* All marks of a shard have the top bits of their hashes in common. */
static struct watch_bucket *bucket_of(const struct watched_keys *table, uint64_t hash)
{
    return &table->buckets[hash & ((UINT64_C(1) << table->bits) - 1)];
}

static void resize(struct watched_keys *table, unsigned bits)
{
    struct watched_keys former = *table;
    table->bits = bits;
    table->buckets = alloc_zeroed(sizeof(*table->buckets) << bits);
    for (size_t i = 0; former.buckets != NULL && i < (size_t)1 << former.bits; i++) {
        struct watch_mark *mark;
        while ((mark = LIST_FIRST(&former.buckets[i])) != NULL) {
            LIST_REMOVE(mark, others);
            LIST_INSERT_HEAD(bucket_of(table, mark->key.hash), mark, others);
        }
    }
    alloc_free(former.buckets);
}

static void fit(struct watched_keys *table)
{
    if (table->buckets == NULL)
        resize(table, BITS_MIN);
    else if (table->len >> table->bits > 0)
        resize(table, table->bits + 1);
    else if (table->bits > BITS_MIN && table->len << 3 < (size_t)1 << table->bits)
        resize(table, table->bits - 1);
}

static bool is_of(const struct watch_mark *mark, unsigned db, struct key key)
{
    return mark->key.hash == key.hash && mark->db == db && slice_equal(mark->key.name, key.name);
}

static bool has(const struct watched_keys *table, const struct watches *watches, unsigned db, struct key key)
{
    const struct watch_mark *mark;
    LIST_FOREACH (mark, bucket_of(table, key.hash), others) {
        if (mark->watches == watches && is_of(mark, db, key)) return true;
    }
    return false;
}

static size_t bytes_of(const struct watch_mark *mark)
{
    return sizeof(*mark) + mark->key.name.len;
}

static struct watch_mark *make_mark(unsigned shard, unsigned db, struct key key)
{
    struct watch_mark *mark = alloc_bytes(sizeof(*mark) + key.name.len);
    char *name = (char *)(mark + 1);
    if (key.name.len > 0) memcpy(name, key.name.data, key.name.len);
    *mark = (struct watch_mark){ .shard = shard, .db = db };
    mark->key = (struct key){ .name = slice_of(name, key.name.len), .hash = key.hash };
    return mark;
}

static void insert(struct watched_keys *table, struct watches *watches, struct watch_mark *mark)
{
    mark->table = table;
    mark->watches = watches;
    LIST_INSERT_HEAD(bucket_of(table, mark->key.hash), mark, others);
    SLIST_INSERT_HEAD(&watches->marks, mark, own);
    table->len++;
    watches->count++;
    watches->bytes += bytes_of(mark);
    watches->shards |= UINT64_C(1) << mark->shard;
}

bool watched_keys_add(struct watched_keys *table, struct watches *watches, unsigned shard, unsigned db,
                      struct key key)
{
    leaf_lock(&table->lock);
    fit(table);
    bool is_new = !has(table, watches, db, key);
    if (is_new) insert(table, watches, make_mark(shard, db, key));
    leaf_unlock(&table->lock);
    return is_new;
}

unsigned watched_keys_remove_first(struct watches *watches)
{
    struct watch_mark *mark = SLIST_FIRST(&watches->marks);
    struct watched_keys *table = mark->table;
    unsigned shard = mark->shard;
    leaf_lock(&table->lock);
    LIST_REMOVE(mark, others);
    table->len--;
    fit(table);
    leaf_unlock(&table->lock);
    SLIST_REMOVE_HEAD(&watches->marks, own);
    watches->count--;
    watches->bytes -= bytes_of(mark);
    alloc_free(mark);
    return shard;
}

void watched_keys_each_of(struct watched_keys *table, unsigned db, struct key key, watch_visit visit,
                          void *context)
{
    struct watch_mark *mark;
    leaf_lock(&table->lock);
    if (table->len > 0) {
        LIST_FOREACH (mark, bucket_of(table, key.hash), others) {
            if (is_of(mark, db, key)) visit(context, mark);
        }
    }
    leaf_unlock(&table->lock);
}

void watched_keys_each(struct watched_keys *table, watch_visit visit, void *context)
{
    struct watch_mark *mark;
    leaf_lock(&table->lock);
    for (size_t i = 0; table->len > 0 && i < (size_t)1 << table->bits; i++) {
        LIST_FOREACH (mark, &table->buckets[i], others) {
            visit(context, mark);
        }
    }
    leaf_unlock(&table->lock);
}
