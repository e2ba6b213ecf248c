#include "storage/keyspace/room.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard.h"
#include "tests/unit/storage/evict/store.h"

static size_t bytes_of(struct store *s, unsigned shard)
{
    struct access access;
    cr_assert(access_open_shards(&access, s->keyspace, UINT64_C(1) << shard));
    size_t bytes = shard_stats(access_shard_at(&access, shard)).bytes;
    access_close(&access);
    return bytes;
}

Test(room, shards_stay_near_their_shares_and_all_below_the_limit)
{
    enum { LIMIT = 4 << 20, SHARDS = 16 };
    struct store s;
    struct random random = { 41 };
    struct store_options options = { .shards = SHARDS,
                                     .limit_bytes = LIMIT,
                                     .rules = { .policy = &evict_lru } };
    store_open(&s, &options);
    for (int i = 0; i < 300000; i++) {
        unsigned key = (unsigned)random_below(&random, 100000);
        cr_assert(store_set(&s, key, random_below(&random, 300)));
        size_t used = keyspace_stats(s.keyspace).bytes;
        cr_assert_leq(used, LIMIT + LIMIT / 200);
    }
    for (unsigned i = 0; i < SHARDS; i++) {
        double share = (double)bytes_of(&s, i) * SHARDS / LIMIT;
        cr_assert(share > 0.9 && share < 1.1, "shard %u: %.2f of its share", i, share);
    }
    store_check(&s);
    store_close(&s);
}

Test(room, a_lower_limit_is_reached_in_as_small_steps_as_wanted)
{
    struct store s;
    struct store_options options = { .limit_bytes = 4 << 20, .rules = { .policy = &evict_adaptive } };
    store_open(&s, &options);
    for (unsigned i = 0; i < 60000; i++) store_set(&s, i, 100);
    budget_set_limit(s.budget, 1 << 20);

    enum room room;
    do {
        uint64_t before = store_evicted(&s);
        room = room_make(s.keyspace, &(struct room_request){ .now_ms = s.now_ms, .evictions = 16 });
        cr_assert_leq(store_evicted(&s) - before, 16);
    } while (room == ROOM_SOME);
    cr_assert_eq(room, ROOM_ENOUGH);
    cr_assert_leq(budget_used(s.budget), 1 << 20);
    cr_assert_gt(budget_used(s.budget), (1 << 20) - 4096);
    store_check(&s);
    store_close(&s);
}

Test(room, is_none_where_nothing_is_evicted)
{
    struct store s;
    struct store_options options = { .limit_bytes = 10000 };
    store_open(&s, &options);
    unsigned fit = 0;
    while (store_set(&s, fit, 100)) fit++;
    cr_assert(fit > 10 && fit < 100);
    cr_assert_eq(store_len(&s), fit);
    cr_assert_leq(budget_used(s.budget), 10000);
    store_close(&s);
}
