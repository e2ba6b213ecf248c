#include "storage/evict/ghosts.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"

static uint64_t hash_of(uint64_t i)
{
    struct random random = { i };
    return random_next(&random) >> 6; /* as in one shard: the top bits are alike */
}

Test(ghosts, remember_most_of_half_as_many_as_asked_for_and_forget_the_old)
{
    struct ghosts ghosts = { 0 };
    ghosts_fit(&ghosts, 10000);
    for (uint64_t i = 0; i < 100000; i++) ghosts_add(&ghosts, hash_of(i));

    size_t late = 0, old = 0;
    for (uint64_t i = 100000 - 4000; i < 100000; i++) late += ghosts_take(&ghosts, hash_of(i));
    for (uint64_t i = 0; i < 50000; i++) old += ghosts_take(&ghosts, hash_of(i));
    cr_assert_geq(late, 3500);
    cr_assert_leq(old, 100);
    ghosts_clear(&ghosts);
}

Test(ghosts, are_taken_once)
{
    struct ghosts ghosts = { 0 };
    ghosts_fit(&ghosts, 100);
    ghosts_add(&ghosts, hash_of(1));
    cr_assert(!ghosts_take(&ghosts, hash_of(2)));
    cr_assert(ghosts_take(&ghosts, hash_of(1)));
    cr_assert(!ghosts_take(&ghosts, hash_of(1)));
    ghosts_clear(&ghosts);
}

Test(ghosts, are_kept_while_their_number_grows)
{
    struct ghosts ghosts = { 0 };
    ghosts_fit(&ghosts, 1000);
    for (uint64_t i = 0; i < 300; i++) ghosts_add(&ghosts, hash_of(i));
    ghosts_fit(&ghosts, 5000);
    size_t found = 0;
    for (uint64_t i = 0; i < 300; i++) found += ghosts_take(&ghosts, hash_of(i));
    cr_assert_geq(found, 290);
    ghosts_clear(&ghosts);
    cr_assert_eq(ghosts_bytes(&ghosts), 0);
}

Test(ghosts, cost_two_to_four_bytes_for_each_entry_of_both_tables)
{
    for (size_t entries = 1000; entries < 3000000; entries = entries * 5 / 4) {
        struct ghosts ghosts = { 0 };
        ghosts_fit(&ghosts, entries);
        cr_assert_geq(2 * ghosts_bytes(&ghosts), 2 * entries);
        cr_assert_leq(2 * ghosts_bytes(&ghosts), 4 * entries);
        ghosts_clear(&ghosts);
    }
}
