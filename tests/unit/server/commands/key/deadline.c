#include "server/commands/key/deadline.h"

#include <criterion/criterion.h>

static void expect_deadline(int64_t amount, enum deadline_unit unit, int64_t now_ms, int64_t expected_ms)
{
    int64_t deadline_ms;
    cr_assert(deadline_of(amount, unit, now_ms, &deadline_ms));
    cr_expect_eq(deadline_ms, expected_ms);
}

static void expect_refused(int64_t amount, enum deadline_unit unit, int64_t now_ms)
{
    int64_t deadline_ms;
    cr_expect_not(deadline_of(amount, unit, now_ms, &deadline_ms));
}

Test(deadline, is_told_in_seconds_or_milliseconds_from_now_or_since_1970)
{
    expect_deadline(10, DEADLINE_IN_SECONDS, 5000, 15000);
    expect_deadline(10, DEADLINE_IN_MS, 5000, 5010);
    expect_deadline(10, DEADLINE_AT_SECONDS, 5000, 10000);
    expect_deadline(10, DEADLINE_AT_MS, 5000, 10);
}

Test(deadline, may_be_in_the_past)
{
    expect_deadline(-10, DEADLINE_IN_SECONDS, 5000, -5000);
    expect_deadline(INT64_MIN, DEADLINE_AT_MS, 5000, INT64_MIN);
    expect_deadline(INT64_MIN, DEADLINE_IN_MS, 5000, INT64_MIN + 5000);
}

Test(deadline, is_refused_where_it_does_not_fit)
{
    expect_deadline(INT64_MAX / 1000, DEADLINE_AT_SECONDS, 1, INT64_MAX / 1000 * 1000);
    expect_refused(INT64_MAX / 1000 + 1, DEADLINE_AT_SECONDS, 1);
    expect_refused(INT64_MIN / 1000 - 1, DEADLINE_AT_SECONDS, 1);
    expect_refused(INT64_MAX / 1000, DEADLINE_IN_SECONDS, 1000);

    expect_deadline(INT64_MAX - 1, DEADLINE_IN_MS, 1, INT64_MAX);
    expect_refused(INT64_MAX, DEADLINE_IN_MS, 1);
}

Test(deadline, half_a_second_counts_as_a_whole_one)
{
    cr_expect_eq(deadline_round_to_seconds(0), 0);
    cr_expect_eq(deadline_round_to_seconds(499), 0);
    cr_expect_eq(deadline_round_to_seconds(500), 1);
    cr_expect_eq(deadline_round_to_seconds(1499), 1);
    cr_expect_eq(deadline_round_to_seconds(INT64_MAX), INT64_MAX / 1000 + 1);
}
