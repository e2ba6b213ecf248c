#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/random.h"
#include "server/events/lease/lease.h"
#include "server/events/lease/lease_token.h"
#include "storage/table/key_hash.h"
#include "tests/support/seed.h"

static struct key key_named(const char *name)
{
    struct slice slice = slice_of_cstr(name);
    return (struct key){ .name = slice, .hash = key_hash(1, slice) };
}

static struct lease_terms terms_for(uint64_t owner, int64_t now_ms, int64_t lease_ms)
{
    return (struct lease_terms){ .owner = owner,
                                 .secret = owner,
                                 .granted = (uint64_t)now_ms,
                                 .now_ms = now_ms,
                                 .until_ms = now_ms + lease_ms };
}

Test(lease, is_held_until_its_time_is_up_and_open_then)
{
    struct leases leases;
    leases_init(&leases);
    struct key key = key_named("k");
    struct lease_terms terms = terms_for(7, 1000, 100);
    cr_assert_eq(lease_phase_at(leases_find(&leases, 0, key), 1000), LEASE_OPEN);
    struct lease *lease = leases_grant(&leases, NULL, key, &terms);
    cr_assert_eq(leases_find(&leases, 0, key), lease);
    cr_assert_null(leases_find(&leases, 1, key), "each database has its own");
    cr_assert_eq(lease_phase_at(lease, 1099), LEASE_HELD);
    cr_assert_eq(lease_phase_at(lease, 1100), LEASE_OPEN);
    cr_assert_eq(leases_due_ms(&leases), 1100);
    struct lease *opened;
    cr_assert_not(leases_advance(&leases, 1099, &opened));
    cr_assert(leases_advance(&leases, 1100, &opened));
    cr_assert_eq(opened, lease);
    cr_assert_not(leases_advance(&leases, 1100, &opened));
    cr_assert_eq(leases_oldest(&leases), 1000);
    leases_check(&leases);
    cr_assert(leases_advance(&leases, 1100 + LEASE_LINGER_MS, &opened));
    cr_assert_null(opened);
    cr_assert_eq(leases_len(&leases), 0);
    cr_assert_eq(leases_oldest(&leases), UINT64_MAX);
    cr_assert_eq(leases.bytes, 0);
    leases_clear(&leases);
}

Test(lease, is_found_by_who_holds_it_until_it_is_open)
{
    struct leases leases;
    leases_init(&leases);
    struct lease_terms terms = terms_for(7, 1000, 100);
    struct lease *lease = leases_grant(&leases, NULL, key_named("k"), &terms);
    cr_assert_eq(leases_of_owner(&leases, 7), lease);
    cr_assert_null(leases_of_owner(&leases, 8));
    leases_open(&leases, lease, 1010);
    cr_assert_null(leases_of_owner(&leases, 7));
    terms = terms_for(8, 1020, 100);
    cr_assert_eq(leases_grant(&leases, lease, key_named("k"), &terms), lease);
    cr_assert_eq(leases_of_owner(&leases, 8), lease);
    leases_rest(&leases, lease, LEASE_RETRY, 2000);
    cr_assert_eq(lease->secret, 0);
    cr_assert_null(leases_of_owner(&leases, 8));
    cr_assert_eq(lease_phase_at(lease, 1999), LEASE_RETRY);
    cr_assert_eq(lease_phase_at(lease, 2000), LEASE_OPEN);
    leases_check(&leases);
    leases_drop(&leases, lease);
    leases_check(&leases);
    leases_clear(&leases);
}

Test(lease, that_rests_gives_way_the_one_first_that_would_end_first)
{
    static const struct {
        const char *name;
        enum lease_phase phase;
        int64_t until_ms;
    } rests[] = { { "late", LEASE_PASS, 9000 },
                  { "first", LEASE_RETRY, 2000 },
                  { "next", LEASE_PASS, 3000 } };
    struct leases leases;
    leases_init(&leases);
    for (size_t i = 0; i < sizeof rests / sizeof *rests; i++) {
        struct lease_terms terms = terms_for(7, 1000, 100);
        struct lease *lease = leases_grant(&leases, NULL, key_named(rests[i].name), &terms);
        cr_assert_not(i == 0 && leases_drop_resting(&leases), "it is held");
        leases_rest(&leases, lease, rests[i].phase, rests[i].until_ms);
    }
    cr_assert_eq(leases_due_ms(&leases), 2000);
    cr_assert(leases_drop_resting(&leases));
    cr_assert_null(leases_find(&leases, 0, key_named("first")));
    cr_assert(leases_drop_resting(&leases));
    cr_assert_null(leases_find(&leases, 0, key_named("next")));
    cr_assert_not_null(leases_find(&leases, 0, key_named("late")));
    leases_check(&leases);
    cr_assert(leases_drop_resting(&leases));
    cr_assert_not(leases_drop_resting(&leases));
    cr_assert_eq(leases.bytes, 0);
    leases_clear(&leases);
}

#define KEYS 24

/* One for each key, and time that only rises. */
struct model_lease {
    bool there;
    enum lease_phase phase;
    uint64_t secret, owner;
    int64_t until_ms;
};

struct trial {
    struct leases leases;
    struct model_lease model[KEYS];
    struct random random;
    int64_t now_ms;
    uint64_t secrets;
};

static struct key key_of(size_t number)
{
    static char name[16];
    snprintf(name, sizeof name, "key:%zu", number);
    return key_named(name);
}

static enum lease_phase phase_of(const struct trial *trial, const struct model_lease *model)
{
    return model->there && model->until_ms > trial->now_ms ? model->phase : LEASE_OPEN;
}

static void grant(struct trial *trial, size_t number)
{
    struct model_lease *model = &trial->model[number];
    if (phase_of(trial, model) != LEASE_OPEN) return;
    struct lease_terms terms = terms_for(1 + random_below(&trial->random, 4), trial->now_ms,
                                         1 + (int64_t)random_below(&trial->random, 50));
    terms.secret = ++trial->secrets;
    leases_grant(&trial->leases, leases_find(&trial->leases, 0, key_of(number)), key_of(number), &terms);
    *model = (struct model_lease){ true, LEASE_HELD, terms.secret, terms.owner, terms.until_ms };
}

static void rest(struct trial *trial, size_t number)
{
    struct model_lease *model = &trial->model[number];
    struct lease *lease = leases_find(&trial->leases, 0, key_of(number));
    if (lease == NULL) return;
    model->phase = random_chance(&trial->random, 50) ? LEASE_RETRY : LEASE_PASS;
    model->until_ms = trial->now_ms + 1 + (int64_t)random_below(&trial->random, 50);
    model->secret = 0;
    leases_rest(&trial->leases, lease, model->phase, model->until_ms);
}

static void drop(struct trial *trial, size_t number)
{
    struct lease *lease = leases_find(&trial->leases, 0, key_of(number));
    if (lease != NULL) leases_drop(&trial->leases, lease);
    trial->model[number].there = false;
}

static void leave(struct trial *trial, uint64_t owner)
{
    for (struct lease *lease; (lease = leases_of_owner(&trial->leases, owner)) != NULL;)
        leases_open(&trial->leases, lease, trial->now_ms);
    for (size_t i = 0; i < KEYS; i++) {
        struct model_lease *model = &trial->model[i];
        if (!model->there || model->phase != LEASE_HELD || model->owner != owner) continue;
        model->phase = LEASE_OPEN;
        model->until_ms = trial->now_ms + LEASE_LINGER_MS;
    }
}

static void advance(struct trial *trial)
{
    struct lease *opened;
    trial->now_ms +=
        random_chance(&trial->random, 1) ? LEASE_LINGER_MS : (int64_t)random_below(&trial->random, 20);
    while (leases_advance(&trial->leases, trial->now_ms, &opened)) {}
    for (size_t i = 0; i < KEYS; i++) {
        struct model_lease *model = &trial->model[i];
        if (model->there && model->phase == LEASE_HELD && model->until_ms <= trial->now_ms) {
            model->phase = LEASE_OPEN;
            model->until_ms += LEASE_LINGER_MS;
        }
        if (model->until_ms <= trial->now_ms) model->there = false;
    }
}

static bool is_even(void *context, const struct lease *lease)
{
    (void)context;
    return lease->secret % 2 == 0;
}

static void drop_even(struct trial *trial)
{
    leases_drop_each(&trial->leases, is_even, NULL);
    for (size_t i = 0; i < KEYS; i++)
        if (trial->model[i].secret % 2 == 0) trial->model[i].there = false;
}

static void compare(const struct trial *trial)
{
    leases_check(&trial->leases);
    for (size_t i = 0; i < KEYS; i++) {
        const struct model_lease *model = &trial->model[i];
        const struct lease *lease = leases_find(&trial->leases, 0, key_of(i));
        cr_assert_eq(lease != NULL, model->there, "key %zu", i);
        cr_assert_eq(lease_phase_at(lease, trial->now_ms), phase_of(trial, model), "key %zu", i);
        if (lease != NULL) cr_assert_eq(lease->secret, model->secret, "key %zu", i);
    }
}

Test(lease, of_many_keys_is_what_a_plain_list_of_them_says)
{
    struct trial trial = { .random = { seed_draw() }, .now_ms = 1000 };
    leases_init(&trial.leases);
    for (int i = 0; i < 20000; i++) {
        size_t number = random_below(&trial.random, KEYS);
        unsigned what = (unsigned)random_below(&trial.random, 100);
        if (what < 50)
            grant(&trial, number);
        else if (what < 60)
            rest(&trial, number);
        else if (what < 75)
            drop(&trial, number);
        else if (what < 80)
            leave(&trial, 1 + random_below(&trial.random, 4));
        else if (what < 81)
            drop_even(&trial);
        else
            advance(&trial);
        compare(&trial);
    }
    leases_clear(&trial.leases);
}

Test(lease_token, is_read_as_it_was_written_and_nothing_else_is)
{
    struct lease_tokens tokens = { 0 };
    char text[LEASE_TOKEN_LEN + 1] = "";
    for (int i = 0; i < 1000; i++) {
        uint64_t secret = lease_token_draw(&tokens);
        lease_token_write(secret, text);
        cr_assert_eq(lease_token_read(slice_of(text, LEASE_TOKEN_LEN)), secret);
    }
    static const char *const none[] = { "",
                                        "0",
                                        "0000000000000000",
                                        "00000000000000001",
                                        "000000000000000g",
                                        "00000000000000A0",
                                        "             123" };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        cr_assert_eq(lease_token_read(slice_of_cstr(none[i])), 0, "%s", none[i]);
}
