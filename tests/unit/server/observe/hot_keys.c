#include "server/observe/hot_keys.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "proto/base/random.h"

static void ask(struct hot_keys *keys, unsigned loop, unsigned number, bool writes)
{
    char name[HOT_KEY_NAME_MAX + 10];
    int len = snprintf(name, sizeof name, "key:%u", number);
    hot_keys_add(keys, loop,
                 &(struct hot_sample){ .name = slice_of(name, (size_t)len),
                                       .hash = (number + 1) * UINT64_C(0x9e3779b97f4a7c15),
                                       .writes = writes,
                                       .bytes = 100 });
}

Test(hot_keys, reads_and_writes_of_all_loops_are_told_together)
{
    struct hot_keys *keys = hot_keys_create(2, 1);
    ask(keys, 0, 7, false);
    ask(keys, 1, 7, true);
    ask(keys, 1, 8, true);
    struct hot_key top[4];
    cr_assert_eq(hot_keys_top(keys, top, 4), 2);
    cr_expect_eq(top[0].count, 2 * HOT_KEYS_DISTANCE);
    cr_expect_eq(top[0].reads, HOT_KEYS_DISTANCE);
    cr_expect_eq(top[0].writes, HOT_KEYS_DISTANCE);
    cr_expect_eq(top[0].bytes, 200 * HOT_KEYS_DISTANCE);
    cr_expect(slice_equal(slice_of(top[0].name, top[0].len), SLICE("key:7")));
    cr_expect_eq(hot_keys_top(keys, top, 1), 1);
    hot_keys_reset(keys);
    cr_expect_eq(hot_keys_top(keys, top, 4), 0);
    hot_keys_destroy(&keys);
}

Test(hot_keys, a_name_in_two_databases_is_two_keys)
{
    struct hot_keys *keys = hot_keys_create(1, 1);
    for (unsigned db = 0; db < 2; db++)
        hot_keys_add(keys, 0, &(struct hot_sample){ .name = SLICE("k"), .hash = 5, .db = db });
    struct hot_key top[2];
    cr_assert_eq(hot_keys_top(keys, top, 2), 2);
    cr_expect_neq(top[0].db, top[1].db);
    hot_keys_destroy(&keys);
}

/* The tenth of a million keys by Zipf's law is asked for 70 times in 10,000. */
static unsigned drawn_by_zipf(struct random *random)
{
    double uniform = (double)(random_next(random) >> 11) / (double)(UINT64_C(1) << 53);
    return (unsigned)exp(uniform * log(1e6));
}

Test(hot_keys, the_ten_hottest_of_a_million_are_found_and_bounded)
{
    struct hot_keys *keys = hot_keys_create(1, 1);
    struct random random = { 42 };
    static unsigned truth[1000001];
    for (int i = 0; i < 100000; i++) {
        unsigned number = drawn_by_zipf(&random);
        truth[number]++;
        ask(keys, 0, number, false);
    }
    struct hot_key top[10];
    cr_assert_eq(hot_keys_top(keys, top, 10), 10);
    for (int i = 0; i < 10; i++) {
        unsigned number;
        cr_assert_eq(sscanf(top[i].name, "key:%u", &number), 1);
        cr_expect_leq(number, 12, "key:%u is no hot one", number);
        uint64_t asked = (uint64_t)truth[number] * HOT_KEYS_DISTANCE;
        cr_expect(top[i].count - top[i].error <= asked && asked <= top[i].count);
    }
    hot_keys_destroy(&keys);
}

/* Ten seconds of 100,000 commands are 15,625 samples. The tenth key is then some 108 of them, give or take
 * 10, so the order there is chance; the sixteenth is 67. */
Test(hot_keys, ten_seconds_are_enough_for_the_ten_hottest)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct hot_keys *keys = hot_keys_create(2, seed);
        struct random random = { seed };
        bool told[17] = { false };
        for (int i = 0; i < 1000000 / HOT_KEYS_DISTANCE; i++)
            ask(keys, (unsigned)i % 2, drawn_by_zipf(&random), false);
        struct hot_key top[10];
        cr_assert_eq(hot_keys_top(keys, top, 10), 10);
        for (int i = 0; i < 10; i++) {
            unsigned number;
            cr_assert_eq(sscanf(top[i].name, "key:%u", &number), 1);
            cr_expect_leq(number, 16, "key:%u is no hot one", number);
            if (number <= 16) told[number] = true;
        }
        for (int i = 1; i <= 6; i++) cr_expect(told[i], "key:%d is missing", i);
        hot_keys_destroy(&keys);
    }
}

Test(hot_keys, what_is_asked_for_no_more_goes)
{
    struct hot_keys *keys = hot_keys_create(1, 1);
    for (int i = 0; i < 100; i++) ask(keys, 0, 1, false);
    struct hot_key top;
    for (int i = 0; i <= 7; i++) { /* from when counting began */
        cr_expect_eq(hot_keys_top(keys, &top, 1), 1);
        hot_keys_age(keys, 0, 1 + i * HOT_KEYS_HALF_LIFE_MS);
    }
    cr_expect_eq(hot_keys_top(keys, &top, 1), 0);
    hot_keys_destroy(&keys);
}

Test(hot_keys, distances_are_drawn_around_the_mean)
{
    struct hot_keys *keys = hot_keys_create(1, 1);
    uint64_t sum = 0;
    for (int i = 0; i < 10000; i++) {
        uint32_t distance = hot_keys_distance(keys, 0);
        cr_assert(distance >= 1 && distance < 2 * HOT_KEYS_DISTANCE);
        sum += distance;
    }
    cr_expect_float_eq((double)sum / 10000, HOT_KEYS_DISTANCE, 2);
    hot_keys_destroy(&keys);
}
