#include "server/observe/keys/prefix_sums.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"

#define PREFIXES 5000

static struct slice name_of(unsigned number, char *name)
{
    return slice_of(name, (size_t)snprintf(name, 20, "p%u", number));
}

/* Many fall on the same places. */
static uint64_t hash_of(unsigned number)
{
    return number % 700 * 3;
}

static void add(struct prefix_sums *sums, unsigned number, uint64_t bytes)
{
    char name[20];
    prefix_sums_add(sums, name_of(number, name), hash_of(number), 1, bytes);
}

static const struct prefix_row *find(const struct prefix_sums *sums, unsigned number)
{
    char name[20];
    return prefix_sums_find(sums, name_of(number, name), hash_of(number));
}

Test(prefix_sums, what_has_a_row_has_all_of_it_there)
{
    struct prefix_sums *sums = ALLOC_NEW(struct prefix_sums);
    static uint64_t keys[PREFIXES], bytes[PREFIXES];
    struct random random = { 3 };
    uint64_t all = 0;
    for (int i = 0; i < 50000; i++) {
        unsigned number = (unsigned)random_below(&random, PREFIXES);
        uint64_t size = 1 + random_below(&random, 100);
        add(sums, number, size);
        keys[number]++;
        bytes[number] += size;
        all += size;
    }
    size_t rows = 0;
    for (unsigned i = 0; i < PREFIXES; i++) {
        const struct prefix_row *row = find(sums, i);
        if (row == NULL) continue;
        rows++;
        cr_expect_eq(row->keys, keys[i]);
        cr_expect_eq(row->bytes, bytes[i]);
    }
    cr_expect_eq(rows, PREFIX_ROWS);
    cr_expect(sums->is_full);
    cr_expect_eq(sums->keys, 50000);
    cr_expect_eq(sums->bytes, all);
    alloc_free(sums);
}

Test(prefix_sums, the_largest_are_told_first)
{
    struct prefix_sums *sums = ALLOC_NEW(struct prefix_sums);
    const struct prefix_row *top[3];
    for (unsigned i = 0; i < 10; i++) add(sums, i, 10 + i);
    cr_assert_eq(prefix_sums_top(sums, top, 3), 3);
    cr_expect_eq(top[0]->bytes, 19);
    cr_expect_eq(top[2]->bytes, 17);
    prefix_sums_clear(sums);
    cr_expect_eq(prefix_sums_top(sums, top, 3), 0);
    alloc_free(sums);
}

/* One that is large, and is met when all rows are taken, is among those that the next run begins with. */
Test(prefix_sums, what_is_large_and_late_is_a_candidate)
{
    struct prefix_sums *sums = ALLOC_NEW(struct prefix_sums);
    bool found = false;
    for (unsigned i = 0; i < PREFIXES; i++) add(sums, i, 10);
    for (unsigned i = 0; i < 100; i++) add(sums, PREFIXES, 10000);
    for (unsigned i = PREFIX_ROWS; i < PREFIXES; i++) add(sums, i, 10);
    cr_expect_null(find(sums, PREFIXES));
    for (size_t i = 0; i < PREFIX_CANDIDATES; i++)
        found |= slice_equal(prefix_row_name(&sums->candidates[i]), SLICE("p5000"));
    cr_expect(found);
    alloc_free(sums);
}

Test(prefix_sums, a_seed_has_its_row_before_others_come)
{
    struct prefix_sums *sums = ALLOC_NEW(struct prefix_sums);
    const struct prefix_row *top[1];
    char name[20];
    prefix_sums_seed(sums, name_of(PREFIXES, name), hash_of(PREFIXES));
    cr_expect_eq(prefix_sums_top(sums, top, 1), 0);
    for (unsigned i = 0; i < PREFIXES; i++) add(sums, i, 10);
    add(sums, PREFIXES, 10);
    cr_assert_not_null(find(sums, PREFIXES));
    cr_expect_eq(find(sums, PREFIXES)->bytes, 10);
    alloc_free(sums);
}
