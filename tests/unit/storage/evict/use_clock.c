#include "storage/evict/use_clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/random.h"

#define START_MS INT64_C(1700000000000)

Test(use_clock, tells_uses_in_one_millisecond_apart_in_a_small_cache)
{
    struct use_clock clock = { 0 };
    use_clock_allow(&clock);
    uint32_t before = use_clock_stamp(&clock, START_MS, 200);
    for (int i = 0; i < 1000; i++) {
        uint32_t stamp = use_clock_stamp(&clock, START_MS, 200);
        cr_assert_eq(stamp, before + 1);
        before = stamp;
    }
}

Test(use_clock, tells_a_thousandth_of_the_uses_apart_in_a_large_one)
{
    struct use_clock clock = { 0 };
    use_clock_allow(&clock);
    uint32_t first = use_clock_stamp(&clock, START_MS, 1 << 20);
    for (int i = 0; i < 1 << 20; i++) use_clock_stamp(&clock, START_MS, 1 << 20);
    cr_assert_geq(use_clock_now(&clock, START_MS) - first, 1000);
}

Test(use_clock, shows_real_time_while_nothing_is_inserted)
{
    struct use_clock clock = { 0 };
    uint32_t first = use_clock_stamp(&clock, START_MS, 10);
    for (int i = 0; i < 100000; i++) use_clock_stamp(&clock, START_MS, 10);
    cr_assert_eq(use_clock_stamp(&clock, START_MS + 400, 10), first + 100);
}

Test(use_clock, knows_ages_to_the_tick_at_leisure)
{
    struct use_clock clock = { 0 };
    int64_t now_ms = START_MS;
    uint32_t stamp = use_clock_stamp(&clock, now_ms, 10);
    for (int64_t step_ms = 10; step_ms < INT64_C(10000000000); step_ms *= 3) {
        now_ms += step_ms;
        use_clock_stamp(&clock, now_ms, 10);
        cr_assert_leq(llabs(use_clock_age_ms(&clock, stamp, now_ms) - (now_ms - START_MS)), 4);
    }
}

Test(use_clock, knows_ages_within_a_quarter_after_any_pace)
{
    struct use_clock clock = { 0 };
    struct random random = { 7 };
    enum { STAMPS = 20000 };
    static uint32_t stamps[STAMPS];
    static int64_t at_ms[STAMPS];
    int64_t now_ms = START_MS;
    for (int i = 0; i < STAMPS; i++) {
        /* Seconds of bursts, and of next to nothing. */
        size_t burst = now_ms / 5000 % 2 ? 2000 : 1;
        use_clock_allow(&clock);
        for (size_t n = 0; n < burst; n++) stamps[i] = use_clock_stamp(&clock, now_ms, 100);
        at_ms[i] = now_ms;
        now_ms += (int64_t)random_below(&random, 40);
    }
    for (int i = 0; i < STAMPS; i++) {
        int64_t age_ms = now_ms - at_ms[i];
        int64_t error_ms = llabs(use_clock_age_ms(&clock, stamps[i], now_ms) - age_ms);
        cr_assert_leq(error_ms, 1000 + age_ms / 4, "%lld of %lld", (long long)error_ms, (long long)age_ms);
    }
}

Test(use_clock, takes_a_stamp_of_the_future_for_now)
{
    struct use_clock clock = { 0 };
    uint32_t stamp = use_clock_stamp(&clock, START_MS, 10);
    cr_assert_eq(use_clock_age_ms(&clock, stamp, START_MS - 5000), 0);
}

Test(use_clock, makes_a_stamp_that_is_as_old_as_is_asked)
{
    struct use_clock clock = { 0 };
    int64_t now_ms = START_MS;
    for (int i = 0; i < 3000; i++, now_ms += 17) {
        use_clock_allow(&clock);
        for (int n = 0; n < i % 500; n++) use_clock_stamp(&clock, now_ms, 100);
        for (int64_t age_ms = 1000; age_ms < 100000000; age_ms *= 10) {
            uint32_t stamp = use_clock_stamp_of_age(&clock, age_ms, now_ms);
            int64_t told_ms = use_clock_age_ms(&clock, stamp, now_ms);
            cr_assert(told_ms >= age_ms && told_ms < age_ms + 1000, "%lld of %lld", (long long)told_ms,
                      (long long)age_ms);
        }
    }
}
