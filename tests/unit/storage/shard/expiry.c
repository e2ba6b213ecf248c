/* Deadlines, as the shard keeps them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/random.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_change.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"

#define START_MS INT64_C(1700000000000)

struct fixture {
    struct shard *shard;
    int64_t now_ms;
    size_t reported;
    char name[32];
};

static void on_change(void *context, unsigned shard, const struct change *change)
{
    struct fixture *f = context;
    cr_assert_eq(shard, 0);
    cr_assert_eq(change->db, 0);
    cr_assert_gt(change->key.name.len, 0);
    f->reported += change->class == CHANGE_EXPIRED;
}

static void fixture_open(struct fixture *f)
{
    *f = (struct fixture){ .now_ms = START_MS };
    struct shard_options options = {
        .hash_seed = 3,
        .databases = 1,
    };
    f->shard = shard_create(&options);
    shard_listen(f->shard, &(struct change_listener){ .changed = on_change, .context = f });
    *shard_listened(f->shard) = 1;
}

static struct key key_of(struct fixture *f, size_t i)
{
    struct slice name = slice_of(f->name, (size_t)snprintf(f->name, sizeof f->name, "key %zu", i));
    return (struct key){ .name = name, .hash = key_hash(3, name) };
}

static struct entry *find(struct fixture *f, size_t i)
{
    return shard_find(f->shard, 0, key_of(f, i), f->now_ms);
}

static void set(struct fixture *f, size_t i, int64_t deadline_ms)
{
    struct entry *old = find(f, i);
    shard_put_string(f->shard, 0, key_of(f, i), old, SLICE("value"), deadline_ms);
}

static int64_t deadline(struct fixture *f, size_t i)
{
    return shard_deadline_ms(f->shard, 0, key_of(f, i), find(f, i));
}

static void expire_at(struct fixture *f, size_t i, int64_t deadline_ms)
{
    struct entry *entry = find(f, i);
    cr_assert_not_null(entry);
    shard_set_deadline(f->shard, 0, key_of(f, i), entry, deadline_ms);
}

static void sweep(struct fixture *f)
{
    while (shard_sweep(f->shard, f->now_ms, 100)) {}
}

static size_t bytes(const struct fixture *f)
{
    return shard_stats(f->shard).bytes;
}

Test(expiry, a_key_is_there_to_the_end_of_its_last_millisecond)
{
    struct fixture f;
    fixture_open(&f);
    set(&f, 1, START_MS + 100);
    f.now_ms += 100;
    cr_assert_not_null(find(&f, 1));
    f.now_ms += 1;
    cr_assert_null(find(&f, 1));
    cr_assert_eq(f.reported, 1);
    cr_assert_eq(shard_len(f.shard, 0), 0);
    shard_destroy(&f.shard);
}

Test(expiry, the_sweep_takes_what_is_due_and_nothing_else)
{
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < 1000; i++) set(&f, i, START_MS + (int64_t)i * 10);
    f.now_ms += 5000;
    sweep(&f);
    cr_assert_leq(shard_len(f.shard, 0), 1000 - 500 + 1);
    cr_assert_geq(shard_len(f.shard, 0), 1000 - 501);
    cr_assert_eq(f.reported, 1000 - shard_len(f.shard, 0));
    cr_assert_eq(shard_stats(f.shard).expired, f.reported);
    shard_check(f.shard);
    shard_destroy(&f.shard);
}

Test(expiry, a_sweep_stops_at_its_limit_and_says_that_there_is_more)
{
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < 1000; i++) set(&f, i, START_MS + 10);
    f.now_ms += 1000;
    cr_assert(shard_sweep(f.shard, f.now_ms, 50));
    cr_assert_geq(shard_len(f.shard, 0), 1000 - 64 * 8);
    sweep(&f);
    cr_assert_eq(shard_len(f.shard, 0), 0);
    cr_assert_eq(shard_next_due_ms(f.shard), INT64_MAX);
    shard_destroy(&f.shard);
}

/* Also those that are more than one block, or no value at all. */
Test(expiry, the_sweep_takes_every_kind_of_entry)
{
    struct fixture f;
    static char text[200000];
    static const size_t lens[] = { 0, 5, 40, 500, 70000, sizeof text };
    memset(text, 'x', sizeof text);
    fixture_open(&f);
    cr_assert_null(find(&f, 0)); /* tells the shard the time */
    for (size_t i = 0; i < 600; i++) {
        struct key key = key_of(&f, i);
        int64_t deadline_ms = START_MS + 1000 + (int64_t)i;
        if (i % 7 == 0) {
            shard_put_absent(f.shard, 0, key, deadline_ms);
            continue;
        }
        shard_put_string(f.shard, 0, key, NULL, slice_of(text, lens[i % 6]), deadline_ms);
        if (i % 5 == 1) shard_resize_string(f.shard, 0, key, find(&f, i), 300 + i);
    }
    shard_check(f.shard);
    cr_assert_eq(shard_absent(f.shard, 0), 86);
    for (f.now_ms += 1000; f.now_ms < START_MS + 1700; f.now_ms += 50) {
        sweep(&f);
        shard_check(f.shard);
    }
    cr_assert_eq(shard_len(f.shard, 0), 0);
    cr_assert_eq(shard_absent(f.shard, 0), 0);
    cr_assert_eq(shard_stats(f.shard).entry_bytes, 0);
    shard_destroy(&f.shard);
}

Test(expiry, a_deadline_may_move_either_way)
{
    struct fixture f;
    fixture_open(&f);
    set(&f, 1, START_MS + 1000);
    expire_at(&f, 1, START_MS + 100000);
    f.now_ms += 5000;
    sweep(&f);
    cr_assert_not_null(find(&f, 1));
    expire_at(&f, 1, START_MS + 6000);
    f.now_ms += 1016;
    sweep(&f);
    cr_assert_eq(shard_len(f.shard, 0), 0);
    shard_destroy(&f.shard);
}

Test(expiry, a_key_without_deadline_any_more_stays)
{
    struct fixture f;
    fixture_open(&f);
    set(&f, 1, START_MS + 1000);
    expire_at(&f, 1, ENTRY_NO_DEADLINE);
    f.now_ms += 100000;
    sweep(&f);
    cr_assert_not_null(find(&f, 1));
    cr_assert_eq(shard_deadlines(f.shard, 0), 0);
    cr_assert_eq(shard_next_due_ms(f.shard), INT64_MAX);
    shard_destroy(&f.shard);
}

Test(expiry, a_deadline_in_a_year_is_kept_and_met)
{
    struct fixture f;
    const int64_t year_ms = INT64_C(365) * 86400 * 1000;
    fixture_open(&f);
    set(&f, 1, START_MS + year_ms);
    for (; f.now_ms < START_MS + year_ms - 1; f.now_ms += 3600000) sweep(&f);
    f.now_ms = START_MS + year_ms - 1;
    sweep(&f);
    cr_assert_not_null(find(&f, 1));
    f.now_ms += 16;
    sweep(&f);
    cr_assert_eq(shard_len(f.shard, 0), 0);
    shard_destroy(&f.shard);
}

Test(expiry, any_number_is_a_deadline)
{
    struct fixture f;
    fixture_open(&f);
    set(&f, 1, INT64_MAX);
    set(&f, 2, INT64_C(1) << 44);
    set(&f, 3, -5);
    sweep(&f);
    cr_assert_eq(deadline(&f, 1), INT64_MAX);
    cr_assert_eq(deadline(&f, 2), INT64_C(1) << 44);
    cr_assert_null(find(&f, 3));
    expire_at(&f, 1, START_MS + 1);
    f.now_ms += 32;
    sweep(&f);
    cr_assert_eq(shard_len(f.shard, 0), 1);
    shard_check(f.shard);
    shard_destroy(&f.shard);
}

Test(expiry, deadlines_are_exact_wherever_four_bytes_overflow)
{
    struct fixture f;
    fixture_open(&f);
    const int64_t around_ms[] = { START_MS | UINT32_MAX, START_MS + UINT32_MAX, START_MS };
    for (size_t i = 0; i < 3; i++) {
        for (int64_t off = -40; off <= 40; off++) {
            set(&f, i, around_ms[i] + off);
            if (around_ms[i] + off > f.now_ms) cr_assert_eq(deadline(&f, i), around_ms[i] + off);
        }
    }
    shard_check(f.shard);
    shard_destroy(&f.shard);
}

Test(expiry, deadlines_stay_exact_while_years_pass)
{
    struct fixture f;
    const int64_t day_ms = 86400000;
    fixture_open(&f);
    for (int64_t day = 0; day < 800; day++, f.now_ms += day_ms) {
        sweep(&f);
        int64_t set_ms = f.now_ms + (day * 7919 % 100) * day_ms + 1;
        set(&f, (size_t)day, set_ms);
        for (int64_t ago = day > 100 ? day - 100 : 0; ago <= day; ago++) {
            struct entry *entry = find(&f, (size_t)ago);
            int64_t then_ms = START_MS + (ago + ago * 7919 % 100) * day_ms + 1;
            cr_assert_eq(entry != NULL, then_ms > f.now_ms);
            if (entry != NULL) cr_assert_eq(deadline(&f, (size_t)ago), then_ms);
        }
    }
    shard_check(f.shard);
    shard_destroy(&f.shard);
}

/* Also beyond what the four bytes of a deadline can say, in buckets with overflow. */
Test(expiry, the_sweep_is_complete_however_far_the_clock_jumps)
{
    struct random random = { seed_draw() };
    const int64_t day_ms = 86400000;
    for (int round = 0; round < (PACE_SANITIZED ? 1 : 5); round++) {
        struct fixture f;
        static int64_t deadlines_ms[3000];
        fixture_open(&f);
        cr_assert_null(find(&f, 0)); /* tells the shard the time */
        for (size_t i = 0; i < 3000; i++) {
            deadlines_ms[i] = f.now_ms + (int64_t)random_below(&random, (size_t)(140 * day_ms));
            set(&f, i, deadlines_ms[i]);
        }
        while (shard_len(f.shard, 0) > 0) {
            f.now_ms += (int64_t)random_below(&random, (size_t)(60 * day_ms));
            sweep(&f);
            f.now_ms += 32; /* the wheel's ticks */
            sweep(&f);
            shard_check(f.shard);
            size_t left = 0, young = 0;
            for (size_t i = 0; i < 3000; i++) {
                left += deadlines_ms[i] > f.now_ms;
                young += deadlines_ms[i] > f.now_ms - 32;
            }
            cr_assert(shard_len(f.shard, 0) >= left && shard_len(f.shard, 0) <= young, "%zu, not %zu to %zu",
                      shard_len(f.shard, 0), left, young);
        }
        shard_destroy(&f.shard);
    }
}

Test(expiry, a_clock_that_is_set_back_makes_no_key_immortal_or_dead)
{
    struct fixture f;
    fixture_open(&f);
    set(&f, 1, START_MS + 5000000);
    f.now_ms -= INT64_C(400) * 86400000;
    set(&f, 2, f.now_ms + 1000);
    sweep(&f);
    cr_assert_eq(deadline(&f, 1), START_MS + 5000000);
    cr_assert_eq(deadline(&f, 2), f.now_ms + 1000);
    f.now_ms = START_MS + 6000000;
    sweep(&f);
    cr_assert_eq(shard_len(f.shard, 0), 0);
    shard_destroy(&f.shard);
}

Test(expiry, the_average_is_over_keys_with_a_deadline)
{
    struct fixture f;
    fixture_open(&f);
    cr_assert_eq(shard_average_ttl_ms(f.shard, 0, f.now_ms), 0);
    set(&f, 1, START_MS + 1000);
    set(&f, 2, START_MS + 3000);
    set(&f, 3, ENTRY_NO_DEADLINE);
    cr_assert_eq(shard_average_ttl_ms(f.shard, 0, f.now_ms), 2000);
    cr_assert_eq(shard_average_ttl_ms(f.shard, 0, f.now_ms + 5000), 0);
    shard_destroy(&f.shard);
}

#define MANY (PACE_SANITIZED ? 50000 : 1000000)

Test(expiry, a_deadline_costs_7_bytes_and_moves_nothing)
{
    struct fixture f;
    fixture_open(&f);
    size_t keys = MANY / 5;
    for (size_t i = 0; i < keys; i++) set(&f, i, ENTRY_NO_DEADLINE);
    size_t before = bytes(&f);
    for (size_t i = 0; i < keys; i++) {
        struct entry *entry = find(&f, i);
        int64_t deadline_ms = START_MS + 1000 + (int64_t)i;
        cr_assert_eq(shard_set_deadline(f.shard, 0, key_of(&f, i), entry, deadline_ms), entry);
    }
    double each = (double)(bytes(&f) - before) / (double)keys;
    fprintf(stderr, "%.2f bytes for each deadline\n", each);
    cr_assert_leq(each, 8);
    shard_check(f.shard);
    shard_destroy(&f.shard);
}

Test(expiry, deadlines_that_go_up_and_down_cost_no_memory)
{
    struct fixture f;
    fixture_open(&f);
    set(&f, 1, START_MS + 1000000);
    expire_at(&f, 1, START_MS + 100000);
    size_t before = bytes(&f);
    for (size_t i = 0; i < MANY; i++) {
        expire_at(&f, 1, START_MS + 1000000);
        expire_at(&f, 1, START_MS + 100000);
    }
    cr_assert_eq(bytes(&f), before);
    shard_destroy(&f.shard);
}

Test(expiry, deadlines_that_only_go_down_cost_no_memory)
{
    struct fixture f;
    fixture_open(&f);
    set(&f, 1, START_MS + 16000000);
    size_t before = bytes(&f);
    for (int64_t i = 0; i < MANY; i++) expire_at(&f, 1, START_MS + 16000000 - 16 * (i % 1000000));
    shard_check(f.shard);
    cr_assert_eq(bytes(&f), before);
    shard_destroy(&f.shard);
}

Test(expiry, keys_that_are_set_and_deleted_leave_nothing)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f);
    for (size_t i = 0; i < 1000; i++) set(&f, i, START_MS + 500000);
    size_t before = bytes(&f);
    for (size_t i = 0; i < MANY; i++) {
        set(&f, 1000, START_MS + 1000 + (int64_t)random_below(&random, 10000000));
        shard_remove(f.shard, 0, key_of(&f, 1000), find(&f, 1000));
    }
    shard_check(f.shard);
    cr_assert_leq(bytes(&f), before + 256);
    f.now_ms += 500016;
    sweep(&f);
    cr_assert_eq(shard_len(f.shard, 0), 0);
    shard_destroy(&f.shard);
}

/* However long its buckets had become meanwhile, and whatever was in the table beside what expired. */
Test(expiry, a_sweep_in_slices_leaves_a_table_that_fits)
{
    struct fixture f;
    fixture_open(&f);
    for (size_t i = 0; i < 20; i++) set(&f, i, ENTRY_NO_DEADLINE);
    set(&f, 20, f.now_ms + 500);
    size_t before = bytes(&f);
    for (size_t i = 21; i < 20000; i++)
        set(&f, i, f.now_ms + 1000 + (int64_t)(i % 3 * (size_t)UINT32_MAX / 2));
    f.now_ms += 5000000000;
    size_t slices = 0;
    for (; shard_sweep(f.shard, f.now_ms, 64); slices++)
        if (slices % 10 == 0) shard_check(f.shard);
    cr_assert_gt(slices, 20000 / (64 * 8));
    cr_assert_eq(f.reported, 20000 - 20);
    cr_assert_leq(bytes(&f), before + 1000);
    for (size_t i = 0; i < 20; i++) cr_assert_not_null(find(&f, i));
    shard_destroy(&f.shard);
}
