/* C12 */
#include "storage/shard/database_set.h"

#include <criterion/criterion.h>
#include <stdbool.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/shard/graveyard.h"
#include "storage/shard/shard.h"
#include "tests/support/seed.h"

Test(database_set, names_its_members_in_order)
{
    static const unsigned members[] = { 0, 3, 63, 64, 4095, 4096, 999999 };
    struct database_set set;
    database_set_init(&set, 1000000);
    cr_assert_eq(database_set_next(&set, 0), 1000000);
    for (size_t i = 0; i < 7; i++) database_set_add(&set, members[6 - i]);
    size_t count = 0;
    DATABASE_SET_EACH(&set, db) cr_assert_eq(db, members[count++]);
    cr_assert_eq(count, 7);
    cr_assert_eq(database_set_next_round(&set, 5), 63);
    cr_assert_eq(database_set_next_round(&set, 1000000), 0);
    database_set_clear(&set);
}

Test(database_set, agrees_with_a_list_of_flags_whatever_its_size)
{
    struct random random = { seed_draw() };
    for (int round = 0; round < 200; round++) {
        unsigned databases = 1 + (unsigned)random_below(&random, round % 2 == 0 ? 130 : 20000);
        bool *flags = alloc_zeroed(databases * sizeof *flags);
        struct database_set set;
        database_set_init(&set, databases);
        for (unsigned i = (unsigned)random_below(&random, 8); i > 0; i--) {
            unsigned db = (unsigned)random_below(&random, databases);
            flags[db] = true;
            database_set_add(&set, db);
        }
        unsigned next = databases;
        for (unsigned db = databases; db-- > 0;) {
            if (flags[db]) next = db;
            cr_assert_eq(database_set_next(&set, db), next);
        }
        database_set_clear(&set);
        alloc_free(flags);
    }
}

Test(database_set, a_shard_of_a_million_databases_goes_through_those_that_are_used)
{
    struct shard_options options = { .hash_seed = 7, .databases = 1000000 };
    struct shard *shard = shard_create(&options);
    struct key key = { .name = SLICE("k"), .hash = key_hash(7, SLICE("k")) };
    shard_put_string(shard, 999999, key, NULL, SLICE("v"), 1000);
    /* Each goes through all databases: at a microsecond for a thousand of them this would take minutes. */
    for (int i = 0; i < 100000; i++) {
        cr_assert_gt(shard_next_due_ms(shard), 0);
        cr_assert_not(shard_sweep(shard, 1, 10));
    }
    shard_swap(shard, 999999, 12);
    cr_assert_not(shard_sweep(shard, 2000, 10));
    cr_assert_eq(shard_len(shard, 12), 0);
    shard_check(shard);
    shard_destroy(&shard);
}
