/* What was bumped, against what is told of values that were born before and after. */
#include "storage/dress/bumps.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "storage/dress/bump_table.h"

#define NOW_US INT64_C(1700000000000000)

static struct bumps *create(size_t limit)
{
    return bumps_create(&(struct bumps_options){ .seed = 7, .shards = 4, .limit = limit });
}

static uint64_t tag_of(const struct bumps *bumps, unsigned number)
{
    char name[32];
    return bumps_hash(bumps, slice_of(name, (size_t)snprintf(name, sizeof name, "tag:%u", number)));
}

Test(bumps, the_clock_rises_and_tells_the_time_of_day)
{
    struct bumps *bumps = create(1000);
    uint64_t first = bumps_tick(bumps, NOW_US);
    cr_assert_eq(first, NOW_US);
    cr_assert_eq(bumps_tick(bumps, NOW_US), first + 1);
    cr_assert_eq(bumps_tick(bumps, NOW_US - 1000000), first + 2, "a clock that is set back");
    cr_assert_eq(bumps_tick(bumps, NOW_US + 50), (uint64_t)NOW_US + 50);
    cr_assert_eq(bumps_now(bumps), (uint64_t)NOW_US + 50);
    bumps_destroy(&bumps);
}

Test(bumps, what_was_born_before_a_bump_may_not_be_stored_behind_it)
{
    struct bumps *bumps = create(1000);
    uint64_t a = tag_of(bumps, 1), b = tag_of(bumps, 2), both[] = { a, b };
    uint64_t before = bumps_tick(bumps, NOW_US);
    cr_assert(bumps_allow(bumps, both, 2, before));
    uint64_t number = bumps_bump(bumps, &a, 1, BUMP_SOFT, NOW_US);
    cr_assert_gt(number, before);
    cr_assert_eq(bumps_published(bumps), number);
    cr_assert_not(bumps_allow(bumps, both, 2, before));
    cr_assert(bumps_allow(bumps, &b, 1, before));
    cr_assert(bumps_allow(bumps, both, 2, bumps_tick(bumps, NOW_US)));
    bumps_destroy(&bumps);
}

Test(bumps, a_floor_stands_for_what_had_to_be_forgotten)
{
    struct bumps *bumps = create(64 * 4);
    uint64_t before = bumps_tick(bumps, NOW_US), first = tag_of(bumps, 0);
    bumps_bump(bumps, &first, 1, BUMP_HARD, NOW_US);
    for (unsigned i = 1; i < 5000; i++) {
        uint64_t tag = tag_of(bumps, i);
        bumps_bump(bumps, &tag, 1, BUMP_HARD, NOW_US);
    }
    struct bumps_stats stats = bumps_stats(bumps);
    cr_assert_leq(stats.len, 64 * 4);
    cr_assert_gt(stats.floors, 0);
    cr_assert_not(bumps_allow(bumps, &first, 1, before));
    cr_assert(bumps_allow(bumps, &first, 1, bumps_tick(bumps, NOW_US)));
    bumps_destroy(&bumps);
}

Test(bumps, tables_are_freed_when_every_shard_was_passed)
{
    struct bumps *bumps = create(100000);
    for (unsigned i = 0; i < 10000; i++) {
        uint64_t tag = tag_of(bumps, i);
        bumps_bump(bumps, &tag, 1, BUMP_HARD, NOW_US);
    }
    cr_assert(bumps_stats(bumps).waiting);
    for (unsigned shard = 0; shard < 3; shard++) cr_assert(bumps_passed(bumps, shard));
    cr_assert_not(bumps_passed(bumps, 3));
    cr_assert_not(bumps_stats(bumps).waiting);

    bumps_forget(bumps, bumps_now(bumps) + 1);
    cr_assert_eq(bumps_stats(bumps).len, 0);
    cr_assert_eq(bumps_stats(bumps).bytes, 0);
    for (unsigned shard = 0; shard < 4; shard++) bumps_passed(bumps, shard);
    bumps_destroy(&bumps);
}

Test(bumps, are_forgotten_a_stripe_at_a_time_and_late_ones_stay)
{
    struct bumps *bumps = create(100000);
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t tag = tag_of(bumps, i);
        bumps_bump(bumps, &tag, 1, BUMP_HARD, NOW_US);
    }
    uint64_t number = bumps_now(bumps) + 1, late = tag_of(bumps, 5000);
    for (unsigned stripe = 0; stripe < BUMPS_STRIPES; stripe++) {
        size_t before = bumps_stats(bumps).len;
        if (stripe == BUMPS_STRIPES / 2) number = bumps_bump(bumps, &late, 1, BUMP_HARD, NOW_US);
        bumps_forget_stripe(bumps, number, stripe);
        cr_assert_leq(bumps_stats(bumps).len, before + 1);
        cr_assert_geq(bumps_stats(bumps).len + 200, before);
    }
    bumps_forget(bumps, number);
    cr_assert_eq(bumps_stats(bumps).len, 1);
    cr_assert_not(bumps_allow(bumps, &late, 1, number - 1));
    bumps_destroy(&bumps);
}

/* Numbers of some tags, kept in arrays. */
#define TAGS  200
#define STEPS 20000

Test(bumps, agree_with_a_naive_model)
{
    struct bumps *bumps = create(1 << 20);
    struct random random = { .state = 11 };
    uint64_t last[TAGS] = { 0 }, forgotten = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned which = (unsigned)(random_next(&random) % TAGS);
        uint64_t tag = tag_of(bumps, which);
        switch (random_next(&random) % 8) {
        case 0:
        case 1: last[which] = bumps_bump(bumps, &tag, 1, BUMP_HARD, NOW_US + step); break;
        case 2: last[which] = bumps_bump(bumps, &tag, 1, BUMP_SOFT, NOW_US + step); break;
        case 3:
            if (random_next(&random) % 100 != 0) break;
            forgotten = bumps_now(bumps) > 500 ? bumps_now(bumps) - 500 : 0;
            bumps_forget(bumps, forgotten);
            break;
        default: {
            uint64_t born = bumps_now(bumps) - random_next(&random) % 1000;
            if (born < forgotten) break; /* nothing of that age is left */
            cr_assert_eq(bumps_allow(bumps, &tag, 1, born), last[which] <= born, "step %u", step);
        }
        }
    }
    bumps_destroy(&bumps);
}

Test(bumps, a_number_that_is_not_seen_yet_falls_back_on_the_one_before)
{
    struct bump bump = { 0 };
    bump_write(&bump, true, 10);
    cr_assert_eq(bump_hard(&bump, 9), 0);
    bump_write(&bump, true, 20);
    cr_assert_eq(bump_hard(&bump, 20), 20);
    cr_assert_eq(bump_hard(&bump, 15), 10);
    cr_assert_eq(bump_hard(&bump, 5), UINT64_MAX, "what was before is not known any more");
    bump_write(&bump, true, 20);
    cr_assert_eq(bump_hard(&bump, 15), 10, "a tag that is named twice");
}
