/* The policies of Redis, each against what it promises. */
#include <criterion/criterion.h>
#include <math.h>

#include "proto/base/random.h"
#include "storage/evict/lfu.h"
#include "tests/unit/storage/evict/store.h"

/* More candidates at each eviction than there are entries: nothing is left to chance. */
#define SEE_ALL 64

/* Makes `gone` entries of those named 0 to `n` - 1 leave. */
static void squeeze(struct store *s, size_t gone)
{
    size_t len = store_len(s);
    while (store_len(s) > len - gone) {
        struct room_request request = { .now_ms = s->now_ms, .evictions = 1 };
        budget_set_limit(s->budget, budget_used(s->budget) - 1);
        cr_assert_neq(room_make(s->keyspace, &request), ROOM_NONE);
    }
    store_check(s);
}

static struct store_options with(const struct evict_policy *policy)
{
    return (struct store_options){ .limit_bytes = 1 << 20,
                                   .rules = { .policy = policy, .samples = SEE_ALL } };
}

Test(lru, evicts_in_the_order_of_use_though_all_happened_in_one_millisecond)
{
    struct store s;
    struct store_options options = with(&evict_lru);
    store_open(&s, &options);
    for (unsigned i = 0; i < 40; i++) store_set(&s, i, 10);
    for (unsigned i = 0; i < 40; i += 2) store_get(&s, i);

    squeeze(&s, 20);
    for (unsigned i = 0; i < 40; i++) cr_assert_eq(store_has(&s, i), i % 2 == 0);
    squeeze(&s, 10);
    for (unsigned i = 0; i < 40; i += 2) cr_assert_eq(store_has(&s, i), i >= 20);
    store_close(&s);
}

/* A list of the last `cap` keys used, in order. */
static bool list_use(unsigned *list, size_t *len, size_t cap, unsigned key)
{
    size_t at = 0;
    while (at < *len && list[at] != key) at++;
    bool hit = at < *len;
    if (!hit && *len < cap) (*len)++;
    if (!hit) at = *len - 1;
    for (; at > 0; at--) list[at] = list[at - 1];
    list[0] = key;
    return hit;
}

Test(lru, hits_as_often_as_a_list_in_exact_order_of_use)
{
    enum { REQUESTS = 200000 };
    struct store s;
    struct random random = { 11 };
    struct store_options options = with(&evict_lru);
    options.rules.samples = 5;
    options.limit_bytes = 60000;
    store_open(&s, &options);
    static unsigned keys[REQUESTS];
    static unsigned list[4096];
    size_t hits = 0, exact = 0, len = 0;
    for (size_t i = 0; i < REQUESTS; i++) {
        /* Few keys often, and the whole drifts. */
        size_t range = 1 + random_below(&random, 3000);
        keys[i] = (unsigned)(random_below(&random, range) + i / 100);
        s.now_ms += i % 1000 == 0;
        if (store_get(&s, keys[i]))
            hits++;
        else
            store_set(&s, keys[i], 10);
    }
    for (size_t i = 0; i < REQUESTS; i++) exact += list_use(list, &len, store_len(&s), keys[i]);
    cr_assert_leq(fabs((double)hits - (double)exact), REQUESTS * 0.005, "%zu, exactly %zu", hits, exact);
    store_close(&s);
}

Test(lfu, evicts_who_was_used_least_often)
{
    struct store s;
    struct store_options options = with(&evict_lfu);
    store_open(&s, &options);
    for (unsigned i = 0; i < 40; i++) store_set(&s, i, 10);
    for (unsigned i = 0; i < 20; i++)
        for (unsigned n = 0; n < 3; n++) store_get(&s, i);

    squeeze(&s, 20);
    for (unsigned i = 0; i < 40; i++) cr_assert_eq(store_has(&s, i), i < 20);
    store_close(&s);
}

Test(lfu, counts_to_255_in_about_a_million_uses_and_decays_by_the_minute)
{
    struct random random = { 5 };
    unsigned count = LFU_COUNT_FIRST;
    for (int i = 0; i < 100; i++) count = lfu_count_after_use(count, 10, random_next(&random));
    cr_assert(count >= 7 && count <= 16, "%u", count);
    for (int i = 0; i < 3000000; i++) count = lfu_count_after_use(count, 10, random_next(&random));
    cr_assert_eq(count, 255);

    uint32_t word = lfu_word(600000, 100);
    cr_assert_eq(lfu_count(word, 600000, 1), 100);
    cr_assert_eq(lfu_count(word, 600000 + 3 * 60000, 1), 97);
    cr_assert_eq(lfu_count(word, 600000 + 3 * 60000, 3), 99);
    cr_assert_eq(lfu_count(word, 600000 + 3 * 60000, 0), 100);
    cr_assert_eq(lfu_count(word, 600000 + 300 * 60000, 1), 0);
}

Test(ttl, evicts_whose_deadline_is_nearest_and_never_who_has_none)
{
    struct store s;
    struct store_options options = with(&evict_ttl);
    options.rules.volatile_only = true;
    store_open(&s, &options);
    for (unsigned i = 0; i < 20; i++) store_set_until(&s, i, 10, s.now_ms + 100000 - i);
    for (unsigned i = 20; i < 40; i++) store_set(&s, i, 10);

    squeeze(&s, 10);
    for (unsigned i = 0; i < 40; i++) cr_assert_eq(store_has(&s, i), i < 10 || i >= 20);
    store_close(&s);
}

Test(random, evicts_old_and_new_alike)
{
    struct store s;
    struct store_options options = with(&evict_random);
    store_open(&s, &options);
    for (unsigned i = 0; i < 4000; i++) store_set(&s, i, 10);
    squeeze(&s, 2000);

    size_t left[4] = { 0 };
    for (unsigned i = 0; i < 4000; i++) left[i / 1000] += store_has(&s, i);
    for (int i = 0; i < 4; i++) cr_assert(left[i] > 420 && left[i] < 580, "%zu", left[i]);
    store_close(&s);
}

Test(policies, that_are_volatile_find_the_few_that_may_go_among_many)
{
    static const struct evict_policy *const policies[] = { &evict_lru, &evict_lfu, &evict_random, &evict_ttl,
                                                           &evict_adaptive };
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        struct store s;
        struct store_options options = with(policies[p]);
        options.limit_bytes = 8 << 20;
        options.rules.volatile_only = true;
        store_open(&s, &options);
        for (unsigned i = 0; i < 50000; i++)
            store_set_until(&s, i, 10, i % 5000 == 0 ? s.now_ms + 100000 : ENTRY_NO_DEADLINE);
        squeeze(&s, 10);
        for (unsigned i = 0; i < 50000; i += 1000) cr_assert_eq(store_has(&s, i), i % 5000 != 0);

        struct room_request request = { .now_ms = s.now_ms, .evictions = 1 };
        budget_set_limit(s.budget, budget_used(s.budget) - 1);
        cr_assert_eq(room_make(s.keyspace, &request), ROOM_NONE);
        cr_assert_eq(store_len(&s), 49990);
        store_close(&s);
    }
}

Test(policies, may_change_at_any_time)
{
    static const struct evict_policy *const policies[] = {
        &evict_lru, &evict_adaptive, &evict_lfu, &evict_adaptive, &evict_random, &evict_adaptive
    };
    struct store s;
    struct random random = { 23 };
    struct store_options options = with(&evict_lru);
    options.limit_bytes = 300000;
    store_open(&s, &options);
    for (size_t turn = 0; turn < 30; turn++) {
        budget_set_rules(s.budget,
                         &(struct budget_rules){ .policy = policies[turn % 6], .lfu_log_factor = 10 });
        for (int i = 0; i < 3000; i++) {
            unsigned key = (unsigned)random_below(&random, 20000);
            if (!store_get(&s, key)) cr_assert(store_set(&s, key, random_below(&random, 200)));
            if (i % 7 == 0) store_delete(&s, (unsigned)random_below(&random, 20000));
        }
        cr_assert_leq(budget_used(s.budget), 300000 + 512);
        store_check(&s);
    }
    store_close(&s);
}
