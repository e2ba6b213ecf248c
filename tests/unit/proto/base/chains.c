/*
 * A table of chains, beside a plain list of what must be in it.
 */
#include "proto/base/chains.h"

#include <criterion/criterion.h>
#include <stdbool.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define THINGS 500

struct thing {
    struct chain chain;
    unsigned number;
    bool there;
};

/* So that some share a hash, and more share a bucket. */
static uint64_t hash_of(unsigned number)
{
    return number / 2 * UINT64_C(0x100000001);
}

static struct thing *find(const struct chains *chains, unsigned number)
{
    struct chain *at = chains_find(chains, hash_of(number));
    while (at != NULL && ((struct thing *)at)->number != number) at = chain_next(at);
    return (struct thing *)at;
}

static void expect_all(const struct chains *chains, struct thing *things, size_t len)
{
    struct chains_walk walk = { 0 };
    size_t seen = 0;
    cr_assert_eq(chains->len, len);
    for (unsigned i = 0; i < THINGS; i++) cr_assert_eq(find(chains, i), things[i].there ? &things[i] : NULL);
    for (struct thing *thing; (thing = (struct thing *)chains_next(chains, &walk)) != NULL; seen++)
        cr_assert(thing->there);
    cr_assert_eq(seen, len);
}

Test(chains, that_nothing_was_ever_added_to_hold_nothing)
{
    struct chains chains = { 0 };
    struct chains_walk walk = { 0 };
    cr_assert_null(chains_find(&chains, 0));
    cr_assert_null(chains_next(&chains, &walk));
    chains_shrink(&chains);
    chains_clear(&chains);
}

Test(chains, hold_what_was_added_and_not_removed)
{
    static struct thing things[THINGS];
    struct random random = { seed_draw() };
    struct chains chains = { 0 };
    size_t len = 0;
    for (int round = 0; round < 5000; round++) {
        struct thing *thing = &things[random_below(&random, THINGS)];
        thing->number = (unsigned)(thing - things);
        if (thing->there)
            chains_remove(&chains, &thing->chain);
        else
            chains_add(&chains, &thing->chain, hash_of(thing->number));
        thing->there = !thing->there;
        len = thing->there ? len + 1 : len - 1;
        if (random_chance(&random, 5)) chains_shrink(&chains);
        if (round % 100 == 0) expect_all(&chains, things, len);
    }
    expect_all(&chains, things, len);
    chains_clear(&chains);
}

Test(chains, give_buckets_back_when_they_are_asked_to_shrink)
{
    static struct thing things[THINGS];
    struct chains chains = { 0 };
    for (unsigned i = 0; i < THINGS; i++) chains_add(&chains, &things[i].chain, i);
    size_t most = chains.cap;
    for (unsigned i = 1; i < THINGS; i++) chains_remove(&chains, &things[i].chain);
    cr_assert_eq(chains.cap, most);
    chains_shrink(&chains);
    cr_assert_lt(chains.cap, most / 4);
    cr_assert_eq(chains_find(&chains, 0), &things[0].chain);
    chains_clear(&chains);
}
