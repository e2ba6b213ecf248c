#include "server/observe/timeline.h"

#include <criterion/criterion.h>
#include <string.h>

#include "server/observe/histogram.h"

static void add(struct timeline *timeline, int64_t at_ms, int64_t commands, int64_t used)
{
    timeline_add(timeline,
                 &(struct timeline_row){
                     { [TIMELINE_AT_MS] = at_ms, [TIMELINE_COMMANDS] = commands, [TIMELINE_USED] = used } });
}

static size_t copy_all(struct timeline *timeline, int64_t since_ms, struct timeline_row *rows)
{
    uint64_t from = 0;
    size_t len = 0, more;
    while ((more = timeline_copy(timeline, since_ms, &from, rows + len, 7)) > 0) len += more;
    return len;
}

Test(timeline, counters_are_told_by_the_second_and_gauges_as_they_are)
{
    struct timeline_row rows[TIMELINE_ROWS + 7];
    struct timeline *timeline = timeline_create(1);
    timeline_begin(timeline);
    add(timeline, 1000, 50, 7);
    add(timeline, 2000, 150, 8);
    add(timeline, 4000, 250, 9);
    cr_assert_eq(copy_all(timeline, INT64_MIN, rows), 2);
    cr_expect_eq(rows[0].values[TIMELINE_AT_MS], 2000);
    cr_expect_eq(rows[0].values[TIMELINE_COMMANDS], 100);
    cr_expect_eq(rows[0].values[TIMELINE_USED], 8);
    cr_expect_eq(rows[1].values[TIMELINE_COMMANDS], 50, "of two seconds");
    cr_expect_eq(rows[1].values[TIMELINE_P50_US], TIMELINE_NONE);
    timeline_destroy(&timeline);
}

Test(timeline, counts_that_were_reset_are_what_was_counted_since)
{
    struct timeline_row rows[TIMELINE_ROWS + 7];
    struct timeline *timeline = timeline_create(1);
    timeline_begin(timeline);
    add(timeline, 1000, 5000, 0);
    add(timeline, 2000, 3, 0);
    cr_assert_eq(copy_all(timeline, INT64_MIN, rows), 1);
    cr_expect_eq(rows[0].values[TIMELINE_COMMANDS], 3);
    timeline_destroy(&timeline);
}

Test(timeline, latencies_are_those_since_the_row_before_of_all_loops)
{
    struct timeline_row rows[TIMELINE_ROWS + 7];
    struct histogram latency[2];
    struct timeline *timeline = timeline_create(2);
    memset(latency, 0, sizeof(latency));
    timeline_begin(timeline);
    for (int i = 0; i < 100; i++) histogram_add(&latency[0], 1000000);
    timeline_note_latency(timeline, 0, &latency[0]);
    add(timeline, 1000, 0, 0);
    for (int i = 0; i < 98; i++) histogram_add(&latency[1], 10000);
    for (int i = 0; i < 2; i++) histogram_add(&latency[0], 5000000);
    timeline_note_latency(timeline, 0, &latency[0]);
    timeline_note_latency(timeline, 1, &latency[1]);
    add(timeline, 2000, 0, 0);
    cr_assert_eq(copy_all(timeline, INT64_MIN, rows), 1);
    cr_expect_lt(rows[0].values[TIMELINE_P50_US], 12);
    cr_expect_gt(rows[0].values[TIMELINE_P99_US], 4500);
    timeline_destroy(&timeline);
}

Test(timeline, the_oldest_rows_go_and_those_are_told_that_are_younger)
{
    struct timeline_row rows[TIMELINE_ROWS + 7];
    struct timeline *timeline = timeline_create(1);
    timeline_begin(timeline);
    for (int i = 0; i <= TIMELINE_ROWS + 100; i++) add(timeline, i * 1000, i, 0);
    cr_assert_eq(copy_all(timeline, INT64_MIN, rows), TIMELINE_ROWS);
    cr_expect_eq(rows[0].values[TIMELINE_AT_MS], 101 * 1000);
    cr_expect_eq(rows[TIMELINE_ROWS - 1].values[TIMELINE_AT_MS], (TIMELINE_ROWS + 100) * 1000);
    cr_expect_eq(copy_all(timeline, (TIMELINE_ROWS + 98) * 1000, rows), 2);
    cr_expect_eq(copy_all(timeline, INT64_MAX, rows), 0);
    timeline_destroy(&timeline);
}

Test(timeline, nothing_is_kept_while_it_is_off)
{
    struct timeline_row rows[TIMELINE_ROWS + 7];
    struct timeline *timeline = timeline_create(1);
    cr_expect_not(timeline_is_on(timeline));
    cr_expect_eq(copy_all(timeline, INT64_MIN, rows), 0);
    timeline_begin(timeline);
    add(timeline, 1000, 0, 0);
    add(timeline, 2000, 0, 0);
    timeline_end(timeline);
    cr_expect_eq(copy_all(timeline, INT64_MIN, rows), 0);
    timeline_begin(timeline);
    add(timeline, 3000, 0, 0);
    cr_expect_eq(copy_all(timeline, INT64_MIN, rows), 0, "the rows of before are gone");
    add(timeline, 4000, 0, 0);
    cr_expect_eq(copy_all(timeline, INT64_MIN, rows), 1);
    timeline_destroy(&timeline);
}
