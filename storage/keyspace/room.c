#include "storage/keyspace/room.h"

#include "storage/evict/budget.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard.h"

/* Evictions under one lock. */
#define STRETCH 8

static bool is_above_share(const struct access *access, unsigned index, size_t share)
{
    return shard_stats(access_shard_at(access, index)).bytes >= share;
}

/* What came of it: how many times something was freed, and whether there was found to be room enough, which
 * other threads may have made, and taken since. */
struct progress {
    unsigned freed;
    bool enough;
    bool kept; /* a shard was passed over, since it is kept for long */
};

/* Evict a few from one shard, if it holds `share` bytes. */
static struct progress evict_from(struct keyspace *keyspace, unsigned index, size_t share,
                                  const struct room_request *request)
{
    const struct budget *budget = keyspace_budget(keyspace);
    struct progress progress = { 0 };
    struct access access;
    if (!access_open_at(&access, keyspace, index)) return (struct progress){ .kept = true };
    struct shard *shard = access_shard_at(&access, index);
    unsigned most = request->evictions < STRETCH ? request->evictions : STRETCH;
    bool may_give = is_above_share(&access, index, share);
    while (may_give && !progress.enough && progress.freed < most) {
        progress.enough = !budget_is_short(budget, request->need);
        if (progress.enough || !shard_evict(shard, request->need, request->now_ms)) break;
        progress.freed++;
    }
    access_close(&access);
    return progress;
}

static bool came_to_something(struct progress progress)
{
    return progress.freed > 0 || progress.enough;
}

/* Whoever comes next in turn and can give something; at last, whoever can, whatever its share. */
static struct progress evict_in_turn(struct keyspace *keyspace, size_t share,
                                     const struct room_request *request)
{
    struct budget *budget = keyspace_budget(keyspace);
    unsigned shards = keyspace_shards(keyspace);
    unsigned turn = atomic_fetch_add_explicit(&budget->turn, 1, memory_order_relaxed);
    struct progress progress = { 0 };
    bool kept = false;
    for (unsigned i = 0; i < 2 * shards && !came_to_something(progress); i++) {
        progress = evict_from(keyspace, (turn + i) % shards, i < shards ? share : 0, request);
        kept |= progress.kept;
    }
    progress.kept = kept;
    return progress;
}

enum room room_make(struct keyspace *keyspace, const struct room_request *request)
{
    const struct budget *budget = keyspace_budget(keyspace);
    struct room_request left = *request;
    unsigned own = keyspace_shard_of(keyspace, request->hash);
    while (budget_is_short(budget, request->need)) {
        if (left.evictions == 0) return ROOM_SOME;
        size_t share = budget_limit(budget) / keyspace_shards(keyspace);
        struct progress progress = evict_from(keyspace, own, share, &left);
        if (!came_to_something(progress)) progress = evict_in_turn(keyspace, share, &left);
        if (!came_to_something(progress)) return progress.kept ? ROOM_SOME : ROOM_NONE;
        if (progress.enough) return ROOM_ENOUGH;
        left.evictions -= progress.freed;
    }
    return ROOM_ENOUGH;
}
