#include "storage/types/bulk/bins.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"

/* Records are their numbers, told by a hash that may be the same for many. */
static void add(struct bins *bins, uint64_t number, uint64_t hash)
{
    struct packed_new record = { .parts = { slice_of((const char *)&number, sizeof number) },
                                 .mark = number % 2 == 1 };
    bins_add(bins, hash, &record);
}

static uint64_t number_of(const struct binned *binned)
{
    uint64_t number;
    cr_assert_eq(binned->piece.length & PACKED_RECORD_MAX, sizeof number);
    memcpy(&number, binned->piece.bytes, sizeof number);
    cr_expect_eq(binned->piece.length >> 31, number % 2);
    return number;
}

static void expect_to_sort(uint64_t buckets, size_t len, uint64_t hashes)
{
    struct random random = { 1 };
    struct bins bins;
    size_t total = 0;
    uint64_t bucket = 0, number = 0;
    bins_init(&bins, buckets);
    for (size_t i = 0; i < len; i++) add(&bins, i, random_next(&random) & hashes);
    for (size_t bin = 0; bin < bins.count; bin++) {
        size_t count = bins_sort(&bins, bin);
        for (size_t i = 0; i < count; i++) {
            uint64_t next = bins_bucket(bins.sorted[i].hash, buckets), its = number_of(&bins.sorted[i]);
            cr_assert(total + i == 0 || next > bucket || (next == bucket && its > number));
            bucket = next;
            number = its;
        }
        total += count;
        bins_free(&bins, bin);
    }
    cr_expect_eq(total, len);
    bins_clear(&bins);
}

Test(bins, give_records_in_the_order_of_buckets_and_then_of_their_coming)
{
    static const uint64_t buckets[] = { 1, 2, 3, 7, 8, 1023, 1024, 1025, 100000, 262144, 1 << 21 };
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
        expect_to_sort(buckets[i], 0, UINT64_MAX);
        expect_to_sort(buckets[i], 20000, UINT64_MAX);
        expect_to_sort(buckets[i], 3000, 0); /* all in one */
        expect_to_sort(buckets[i], 3000, 0x30003);
    }
}

Test(bins, of_linear_hashing_lose_records_only_to_the_bucket_that_is_new)
{
    for (uint64_t buckets = 1; buckets < 300; buckets++)
        for (uint64_t hash = 0; hash < 600; hash++) {
            uint64_t now = bins_bucket(hash, buckets), then = bins_bucket(hash, buckets + 1);
            cr_expect(now == then || then == buckets, "%lu of %lu", hash, buckets);
        }
}

Test(bins, hold_records_of_any_length)
{
    static char text[100000];
    struct bins bins;
    bins_init(&bins, 1);
    for (size_t len = 0; len < sizeof text; len += 7777) {
        struct packed_new record = { .parts = { slice_of(text, len / 3), slice_of(text, len - len / 3) } };
        bins_add(&bins, 1, &record);
    }
    size_t count = bins_sort(&bins, 0);
    for (size_t i = 0; i < count; i++) cr_expect_eq(bins.sorted[i].piece.length, i * 7777);
    bins_clear(&bins);
}
