#include "storage/room.h"

#include "storage/access.h"
#include "storage/budget.h"
#include "storage/shard.h"

/* Evictions under one lock. */
#define STRETCH 8

static bool is_above_share(const struct access *access, unsigned index, size_t share)
{
    return shard_stats(access_shard_at(access, index)).bytes >= share;
}

/* Evict a few from one shard, if it holds `share` bytes. Returns how many times something was freed. */
static unsigned evict_from(struct keyspace *keyspace, unsigned index, size_t share,
                           const struct room_request *request)
{
    const struct budget *budget = keyspace_budget(keyspace);
    struct access access;
    access_open_shards(&access, keyspace, UINT64_C(1) << index);
    struct shard *shard = access_shard_at(&access, index);
    unsigned freed = 0;
    unsigned most = request->evictions < STRETCH ? request->evictions : STRETCH;
    if (is_above_share(&access, index, share)) {
        while (freed < most && budget_is_short(budget, request->need) &&
               shard_evict(shard, request->need, request->now_ms))
            freed++;
    }
    access_close(&access);
    return freed;
}

/* Whoever comes next in turn and can give something; at last, whoever can, whatever its share. */
static unsigned evict_in_turn(struct keyspace *keyspace, size_t share, const struct room_request *request)
{
    struct budget *budget = keyspace_budget(keyspace);
    unsigned shards = keyspace_shards(keyspace);
    for (unsigned i = 0; i < 2 * shards; i++) {
        unsigned turn = atomic_fetch_add_explicit(&budget->turn, 1, memory_order_relaxed);
        unsigned freed = evict_from(keyspace, turn % shards, i < shards ? share : 0, request);
        if (freed > 0) return freed;
    }
    return 0;
}

enum room room_make(struct keyspace *keyspace, const struct room_request *request)
{
    const struct budget *budget = keyspace_budget(keyspace);
    struct room_request left = *request;
    unsigned own = keyspace_shard_of(keyspace, request->hash);
    while (budget_is_short(budget, request->need)) {
        if (left.evictions == 0) return ROOM_SOME;
        size_t share = budget_limit(budget) / keyspace_shards(keyspace);
        unsigned freed = evict_from(keyspace, own, share, &left);
        if (freed == 0) freed = evict_in_turn(keyspace, share, &left);
        if (freed == 0) return budget_is_short(budget, request->need) ? ROOM_NONE : ROOM_ENOUGH;
        left.evictions -= freed;
    }
    return ROOM_ENOUGH;
}
