#include "server/observe/histogram.h"

#include <criterion/criterion.h>

Test(histogram, a_bucket_holds_what_is_at_most_its_top)
{
    for (size_t bucket = 0; bucket + 1 < HISTOGRAM_BUCKETS; bucket++) {
        uint64_t top_ns = histogram_bucket_top_ns(bucket);
        cr_assert_eq(histogram_bucket(top_ns), bucket, "top of %zu", bucket);
        cr_assert_eq(histogram_bucket(top_ns + 1), bucket + 1, "behind the top of %zu", bucket);
    }
}

Test(histogram, what_is_longer_than_all_counts_in_the_last_bucket)
{
    cr_expect_eq(histogram_bucket(UINT64_C(1) << 40), HISTOGRAM_BUCKETS - 1);
    cr_expect_eq(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

Test(histogram, an_empty_one_has_no_percentiles)
{
    struct histogram histogram = { 0 };
    cr_expect_eq(histogram_total(&histogram), 0);
    cr_expect_eq(histogram_percentile_ns(&histogram, 50), 0);
}

Test(histogram, percentiles_are_those_of_the_sorted_durations)
{
    struct histogram histogram = { 0 };
    for (uint64_t ns = 1; ns <= 100000; ns++) histogram_add(&histogram, ns);
    cr_expect_eq(histogram_total(&histogram), 100000);
    for (int percentile = 1; percentile <= 100; percentile++) {
        double exact_ns = 1000.0 * percentile;
        double told_ns = (double)histogram_percentile_ns(&histogram, percentile);
        cr_expect(told_ns >= exact_ns && told_ns <= exact_ns * 1.07, "p%d: %.0f", percentile, told_ns);
    }
}

Test(histogram, merging_adds_every_count)
{
    static struct histogram one, other;
    for (uint64_t ns = 1; ns < 1u << 20; ns *= 3) histogram_add(&one, ns);
    histogram_add(&other, 9);
    histogram_add(&other, 5000);
    uint64_t total = histogram_total(&one);
    histogram_merge(&one, &other);
    cr_expect_eq(histogram_total(&one), total + 2);
    cr_expect_eq(atomic_load(&one.counts[histogram_bucket(9)]), 2);
}
