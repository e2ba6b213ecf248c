#include <criterion/criterion.h>

#include "proto/base/random.h"
#include "server/core/timeouts.h"
#include "tests/support/seed.h"

Test(timeouts, the_first_is_at_hand)
{
    struct timeouts timeouts = { 0 };
    struct timeout late = { .at_ms = 30 }, soon = { .at_ms = 10 }, middle = { .at_ms = 20 };
    cr_assert_null(timeouts_first(&timeouts));
    timeouts_add(&timeouts, &late);
    timeouts_add(&timeouts, &soon);
    timeouts_add(&timeouts, &middle);
    cr_assert_eq(timeouts_first(&timeouts), &soon);
    timeouts_remove(&timeouts, &soon);
    cr_assert_eq(timeouts_first(&timeouts), &middle);
    timeouts_remove(&timeouts, &late);
    timeouts_remove(&timeouts, &late);
    cr_assert_eq(timeouts_first(&timeouts), &middle);
    timeouts_remove(&timeouts, &middle);
    cr_assert_null(timeouts_first(&timeouts));
    timeouts_clear(&timeouts);
}

Test(timeouts, of_equal_ones_that_which_was_added_first_is_the_first)
{
    struct timeouts timeouts = { 0 };
    struct timeout all[20] = { 0 };
    for (int i = 0; i < 20; i++) {
        all[i].at_ms = 7;
        timeouts_add(&timeouts, &all[i]);
    }
    for (int i = 0; i < 20; i++) {
        cr_assert_eq(timeouts_first(&timeouts), &all[i]);
        timeouts_remove(&timeouts, &all[i]);
    }
    timeouts_clear(&timeouts);
}

#define COUNT 300

static int64_t first_of(const struct timeout *all)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < COUNT; i++)
        if (all[i].place != 0 && all[i].at_ms < first) first = all[i].at_ms;
    return first;
}

Test(timeouts, are_in_order_whatever_is_added_and_removed)
{
    struct random random = { seed_draw() };
    struct timeouts timeouts = { 0 };
    struct timeout all[COUNT] = { 0 };
    for (int step = 0; step < 20000; step++) {
        struct timeout *timeout = &all[random_below(&random, COUNT)];
        if (timeout->place != 0) {
            timeouts_remove(&timeouts, timeout);
        } else {
            timeout->at_ms = (int64_t)random_below(&random, 1000);
            timeouts_add(&timeouts, timeout);
        }
        const struct timeout *first = timeouts_first(&timeouts);
        cr_assert_eq(first != NULL ? first->at_ms : INT64_MAX, first_of(all));
        if (step % 16 == 0) timeouts_check(&timeouts);
    }
    timeouts_clear(&timeouts);
}
