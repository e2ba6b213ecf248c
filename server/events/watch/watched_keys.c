#include "server/events/watch/watched_keys.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/chains.h"
#include "proto/base/contract.h"
#include "storage/keyspace/rank.h"

void watched_keys_init(struct watched_keys *table)
{
    pthread_mutex_init(&table->lock, NULL);
}

void watched_keys_clear(struct watched_keys *table)
{
    REQUIRE(table->marks.len == 0);
    chains_clear(&table->marks);
    pthread_mutex_destroy(&table->lock);
}

static bool is_of(const struct watch_mark *mark, unsigned db, struct key key)
{
    return mark->db == db && slice_equal(mark->key.name, key.name);
}

static bool has(const struct watched_keys *table, const struct watches *watches, unsigned db, struct key key)
{
    for (struct chain *at = chains_find(&table->marks, key.hash); at != NULL; at = chain_next(at)) {
        const struct watch_mark *mark = (const struct watch_mark *)at;
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
    chains_add(&table->marks, &mark->others, mark->key.hash);
    SLIST_INSERT_HEAD(&watches->marks, mark, own);
    watches->count++;
    watches->bytes += bytes_of(mark);
    watches->shards |= UINT64_C(1) << mark->shard;
}

bool watched_keys_add(struct watched_keys *table, struct watches *watches, unsigned shard, unsigned db,
                      struct key key)
{
    leaf_lock(&table->lock);
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
    chains_remove(&table->marks, &mark->others);
    chains_shrink(&table->marks);
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
    leaf_lock(&table->lock);
    for (struct chain *at = chains_find(&table->marks, key.hash); at != NULL; at = chain_next(at)) {
        struct watch_mark *mark = (struct watch_mark *)at;
        if (is_of(mark, db, key)) visit(context, mark);
    }
    leaf_unlock(&table->lock);
}

void watched_keys_each(struct watched_keys *table, watch_visit visit, void *context)
{
    struct chains_walk walk = { 0 };
    leaf_lock(&table->lock);
    for (struct chain *at; (at = chains_next(&table->marks, &walk)) != NULL;)
        visit(context, (struct watch_mark *)at);
    leaf_unlock(&table->lock);
}
