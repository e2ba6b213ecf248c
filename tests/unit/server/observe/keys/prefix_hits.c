#include "server/observe/keys/prefix_hits.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(prefix_hits, hits_and_misses_of_all_loops_are_told_together)
{
    struct prefix_rule rule = prefix_rule_make(SLICE(":"), 1);
    struct prefix_hits *all = prefix_hits_create(2, 1, &rule);
    struct prefix_hit top[4];
    struct prefix_hit_totals totals;
    prefix_hits_add(all, 0, SLICE("a:1"), 64, 0);
    prefix_hits_add(all, 1, SLICE("a:2"), 0, 64);
    prefix_hits_add(all, 1, SLICE("b"), 64, 0);
    cr_assert_eq(prefix_hits_top(all, top, 4, &totals), 2);
    cr_expect(slice_equal(slice_of(top[0].name, top[0].len), SLICE("a")));
    cr_expect_eq(top[0].hits, 64);
    cr_expect_eq(top[0].misses, 64);
    cr_expect_eq(top[1].len, 0);
    cr_expect_eq(totals.hits, 128);
    prefix_hits_reset(all);
    cr_expect_eq(prefix_hits_top(all, top, 4, &totals), 0);
    cr_expect_eq(totals.hits + totals.misses, 0);
    prefix_hits_destroy(&all);
}

Test(prefix_hits, another_rule_begins_anew)
{
    struct prefix_rule rule = prefix_rule_make(SLICE(":"), 1), deeper = prefix_rule_make(SLICE(":"), 2);
    struct prefix_hits *all = prefix_hits_create(1, 1, &rule);
    struct prefix_hit top[4];
    struct prefix_hit_totals totals;
    prefix_hits_add(all, 0, SLICE("a:1:x"), 1, 0);
    prefix_hits_age(all, 0, 1000, &rule);
    cr_expect_eq(prefix_hits_top(all, top, 4, &totals), 1);
    prefix_hits_age(all, 0, 2000, &deeper);
    cr_expect_eq(prefix_hits_top(all, top, 4, &totals), 0);
    prefix_hits_add(all, 0, SLICE("a:1:x"), 1, 0);
    cr_assert_eq(prefix_hits_top(all, top, 4, &totals), 1);
    cr_expect(slice_equal(slice_of(top[0].name, top[0].len), SLICE("a:1")));
    prefix_hits_destroy(&all);
}

Test(prefix_hits, those_that_are_asked_for_much_keep_their_counters_among_many)
{
    struct prefix_rule rule = prefix_rule_make(SLICE(":"), 1);
    struct prefix_hits *all = prefix_hits_create(1, 1, &rule);
    struct prefix_hit top[10];
    struct prefix_hit_totals totals;
    char name[30];
    for (int i = 0; i < 20000; i++) {
        int len = i % 2 ? snprintf(name, sizeof name, "often%d:k", i / 2 % 10)
                        : snprintf(name, sizeof name, "once%d:k", i);
        prefix_hits_add(all, 0, slice_of(name, (size_t)len), 1, 0);
    }
    cr_assert_eq(prefix_hits_top(all, top, 10, &totals), 10);
    for (int i = 0; i < 10; i++) {
        cr_expect_eq(top[i].hits, 1000, "%.*s", (int)top[i].len, top[i].name);
    }
    cr_expect_eq(totals.hits, 20000);
    prefix_hits_destroy(&all);
}
