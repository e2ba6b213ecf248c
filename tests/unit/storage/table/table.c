#include "storage/table/table.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/entry/entry_making.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"

#define HASH_SEED 99

/* Entries named by numbers, and which of them are in the table. */
struct fixture {
    struct table *table;
    size_t keys;
    struct entry **entries; /* NULL: not in the table */
    unsigned *times;        /* each was visited */
    char name[24];
};

static void fixture_open(struct fixture *f, size_t keys)
{
    *f = (struct fixture){ .table = table_create(HASH_SEED), .keys = keys };
    f->entries = alloc_zeroed(keys * sizeof *f->entries);
    f->times = alloc_zeroed(keys * sizeof *f->times);
}

static void fixture_close(struct fixture *f)
{
    table_destroy(&f->table);
    cr_assert_null(f->table);
    for (size_t i = 0; i < f->keys; i++) {
        if (f->entries[i] != NULL) entry_free(f->entries[i]);
    }
    alloc_free(f->entries);
    alloc_free(f->times);
}

static struct key key_of(struct fixture *f, size_t i)
{
    struct slice name = slice_of(f->name, (size_t)snprintf(f->name, sizeof f->name, "%zu", i));
    return (struct key){ .name = name, .hash = key_hash(HASH_SEED, name) };
}

static size_t number_of(const struct entry *entry)
{
    size_t number = 0;
    struct slice name = entry_key(entry);
    for (size_t i = 0; i < name.len; i++) number = number * 10 + (size_t)(name.data[i] - '0');
    return number;
}

static void insert(struct fixture *f, size_t i)
{
    if (f->entries[i] != NULL) return;
    struct key key = key_of(f, i);
    f->entries[i] = entry_make_string(NULL, key.name, SLICE(""), 0);
    table_insert(f->table, key.hash, f->entries[i]);
}

static void remove_key(struct fixture *f, size_t i)
{
    if (f->entries[i] == NULL) return;
    struct key key = key_of(f, i);
    table_remove(f->table, key.hash, table_find(f->table, key));
    entry_free(f->entries[i]);
    f->entries[i] = NULL;
}

static void expect_found(struct fixture *f, size_t i)
{
    struct key key = key_of(f, i);
    struct table_slot *slot = table_find(f->table, key);
    cr_assert_eq(slot != NULL, f->entries[i] != NULL);
    if (slot == NULL) return;
    cr_assert_eq(table_slot_entry(slot), f->entries[i]);
    cr_assert_eq(table_find_entry(f->table, key.hash, f->entries[i]), slot);
}

static uint64_t draw(void *state)
{
    return random_next(state);
}

static void see(void *context, struct entry *entry, int64_t deadline_ms)
{
    cr_assert_eq(deadline_ms, ENTRY_NO_DEADLINE);
    struct fixture *f = context;
    f->times[number_of(entry)]++;
}

Test(table, finds_what_is_in_it_and_nothing_else)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f, 3000);
    for (size_t step = 0; step < (PACE_SANITIZED ? 100000 : 2000000); step++) {
        /* Mostly insertions for a while, then mostly removals. */
        unsigned inserts = step / 20000 % 2 == 0 ? 60 : 35;
        size_t i = random_below(&random, f.keys);
        if (random_chance(&random, inserts))
            insert(&f, i);
        else
            remove_key(&f, i);
        expect_found(&f, random_below(&random, f.keys));
        if (step % 5000 == 0 || step < 3000) table_check(f.table);
    }
    fixture_close(&f);
}

Test(table, the_policy_bits_of_a_slot_move_with_it)
{
    struct fixture f;
    fixture_open(&f, 5000);
    for (size_t i = 0; i < f.keys; i++) {
        insert(&f, i);
        *(uint64_t *)table_find(f.table, key_of(&f, i)) |= i % 8;
        expect_found(&f, i);
    }
    for (size_t i = 100; i < f.keys; i++) remove_key(&f, i);
    for (size_t i = 0; i < 100; i++) {
        struct table_slot *slot = table_find(f.table, key_of(&f, i));
        table_slot_set(slot, f.entries[i]);
        cr_assert_eq(*(uint64_t *)slot % 8, i % 8);
    }
    fixture_close(&f);
}

/* Scan while others come and go between the calls, and see that what stays is seen. */
static void scan_amid(size_t first, size_t last, size_t step_min)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f, (first > last ? first : last) + 1);
    for (size_t i = 0; i < first; i++) insert(&f, i);
    size_t stays = first < last ? first : last;

    uint64_t cursor = 0;
    size_t i = first, calls = 0;
    do {
        cursor = table_scan(f.table, cursor, see, &f);
        size_t changes = step_min + random_below(&random, 8);
        for (; changes > 0 && i < last; changes--) insert(&f, i++);
        for (; changes > 0 && i > last; changes--) remove_key(&f, --i);
        calls++;
    } while (cursor != 0);

    for (size_t stayed = 0; stayed < stays; stayed++) cr_assert_geq(f.times[stayed], 1, "%zu missed", stayed);
    cr_assert_leq(calls, f.keys);
    fixture_close(&f);
}

Test(table, a_scan_sees_what_stays_while_the_table_grows)
{
    for (size_t steps = 0; steps < 24; steps++) scan_amid(1 + steps * 97, 30000, steps);
}

Test(table, a_scan_sees_what_stays_while_the_table_shrinks)
{
    for (size_t steps = 0; steps < 24; steps++) scan_amid(30000 - steps * 501, 1 + steps * 11, steps);
}

Test(table, a_scan_sees_what_stays_while_the_table_breathes)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f, 20000);
    for (size_t i = 0; i < 500; i++) insert(&f, i);
    for (int scans = 0; scans < 30; scans++) {
        uint64_t cursor = 0;
        for (size_t i = 0; i < 500; i++) f.times[i] = 0;
        do {
            cursor = table_scan(f.table, cursor, see, &f);
            bool grow = random_chance(&random, 50);
            for (size_t n = random_below(&random, 600); n > 0; n--) {
                size_t i = 500 + random_below(&random, f.keys - 500);
                if (grow)
                    insert(&f, i);
                else
                    remove_key(&f, i);
            }
        } while (cursor != 0);
        for (size_t i = 0; i < 500; i++) cr_assert_geq(f.times[i], 1);
    }
    fixture_close(&f);
}

Test(table, a_scan_of_a_still_table_sees_each_once)
{
    struct fixture f;
    fixture_open(&f, 5000);
    for (size_t i = 0; i < f.keys; i++) insert(&f, i);
    uint64_t cursor = 0;
    do cursor = table_scan(f.table, cursor, see, &f);
    while (cursor != 0);
    for (size_t i = 0; i < f.keys; i++) cr_assert_eq(f.times[i], 1);
    fixture_close(&f);
}

struct meeting {
    size_t len;
    size_t numbers[128];
};

static void meet(void *context, struct entry *entry, int64_t deadline_ms)
{
    struct meeting *meeting = context;
    (void)deadline_ms;
    cr_assert_lt(meeting->len, sizeof meeting->numbers / sizeof meeting->numbers[0]);
    meeting->numbers[meeting->len++] = number_of(entry);
}

/* Each entry goes as it is met. Returns the most that a call met. */
static size_t scan_and_remove(struct fixture *f, bool noting)
{
    size_t most = 0;
    uint64_t cursor = 0;
    do {
        struct meeting meeting = { 0 };
        if (noting) table_note_scan(f->table);
        cursor = table_scan(f->table, cursor, meet, &meeting);
        for (size_t i = 0; i < meeting.len; i++) remove_key(f, meeting.numbers[i]);
        if (meeting.len > most) most = meeting.len;
    } while (cursor != 0);
    cr_assert_eq(table_len(f->table), 0);
    return most;
}

static size_t most_in_a_bucket(struct fixture *f)
{
    size_t most = 0;
    uint64_t cursor = 0;
    do {
        struct meeting meeting = { 0 };
        cursor = table_scan(f->table, cursor, meet, &meeting);
        if (meeting.len > most) most = meeting.len;
    } while (cursor != 0);
    return most;
}

Test(table, who_removes_what_a_scan_meets_meets_no_more_at_a_time_towards_the_end)
{
    struct fixture f;
    fixture_open(&f, 30000);
    size_t before = table_bytes(f.table);
    for (size_t i = 0; i < f.keys; i++) insert(&f, i);
    size_t most = most_in_a_bucket(&f);
    cr_assert_eq(scan_and_remove(&f, true), most);
    size_t idle = 0;
    while (table_fit(f.table, 64) == 0 && idle < 100) idle++;
    cr_assert_lt(idle, 100, "its memory does not come back");
    while (table_fit(f.table, 64) > 0) {}
    cr_assert_eq(table_bytes(f.table), before);
    fixture_close(&f);
}

Test(table, no_merge_makes_a_bucket_long)
{
    struct fixture f;
    fixture_open(&f, 30000);
    size_t before = table_bytes(f.table);
    for (size_t i = 0; i < f.keys; i++) insert(&f, i);
    cr_assert_leq(scan_and_remove(&f, false), 48);
    while (table_fit(f.table, 64) > 0) {}
    cr_assert_eq(table_bytes(f.table), before);
    fixture_close(&f);
}

Test(table, what_a_scan_will_meet_can_be_fetched_wherever_it_is)
{
    struct fixture f;
    fixture_open(&f, 1000);
    for (size_t i = 0; i < f.keys; i++) {
        insert(&f, i);
        for (uint64_t cursor = 0; cursor < 64; cursor++) table_fetch_scan(f.table, cursor << (i % 60));
    }
    fixture_close(&f);
}

Test(table, any_cursor_is_answered_and_ends)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f, 1000);
    for (size_t i = 0; i < f.keys; i++) insert(&f, i);
    for (int tries = 0; tries < 1000; tries++) {
        uint64_t cursor = random_next(&random);
        size_t calls = 0;
        do cursor = table_scan(f.table, cursor, see, &f);
        while (cursor != 0 && ++calls < 1000);
        cr_assert_eq(cursor, 0);
    }
    fixture_close(&f);
}

/* Chi-square over `keys` entries, each expected `each` times. Its mean is keys - 1 and its deviation the root
 * of twice that, so seven deviations do not happen. */
static void expect_even_samples(size_t keys, size_t each)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f, keys);
    for (size_t i = 0; i < keys; i++) insert(&f, i);
    for (size_t i = 0; i < keys * each; i++) see(&f, table_sample(f.table, draw, &random), ENTRY_NO_DEADLINE);

    double chi = 0;
    for (size_t i = 0; i < keys; i++) {
        double off = (double)f.times[i] - (double)each;
        chi += off * off / (double)each;
    }
    double freedom = (double)keys - 1;
    cr_assert_lt(chi, freedom + 7 * sqrt(2 * freedom) + 1, "chi-square %f of %f", chi, freedom);
    fixture_close(&f);
}

Test(table, samples_favour_nobody)
{
    expect_even_samples(2, 1000);
    expect_even_samples(37, 1000);
    expect_even_samples(3000, PACE_SANITIZED ? 50 : 500);
    expect_even_samples(5000, PACE_SANITIZED ? 50 : 500);
}

Test(table, an_empty_table_has_no_sample)
{
    struct fixture f;
    struct random random = { 1 };
    fixture_open(&f, 1);
    cr_assert_null(table_sample(f.table, draw, &random));
    fixture_close(&f);
}

static double bytes_per_entry(const struct table *table)
{
    return (double)table_bytes(table) / (double)table_len(table);
}

Test(table, costs_13_bytes_an_entry_at_most_at_every_fill)
{
    struct fixture f;
    size_t most = PACE_SANITIZED ? 60000 : 1200000;
    size_t least = PACE_SANITIZED ? 30000 : 100000;
    fixture_open(&f, most);
    double low = 99, high = 0;
    for (size_t i = 0; i < most; i++) {
        insert(&f, i);
        if (i < least) continue;
        double bytes = bytes_per_entry(f.table);
        low = fmin(low, bytes), high = fmax(high, bytes);
    }
    fprintf(stderr, "growing from %zu to %zu entries: %.2f to %.2f bytes each\n", least, most, low, high);
    cr_assert_leq(high, 13);

    low = 99, high = 0;
    for (size_t i = most; i-- > least;) {
        remove_key(&f, i);
        double bytes = bytes_per_entry(f.table);
        low = fmin(low, bytes), high = fmax(high, bytes);
    }
    fprintf(stderr, "shrinking back: %.2f to %.2f bytes each\n", low, high);
    cr_assert_leq(high, 13);
    fixture_close(&f);
}

Test(table, gives_its_memory_back)
{
    struct fixture f;
    fixture_open(&f, 50000);
    size_t empty = table_bytes(f.table);
    for (size_t i = 0; i < f.keys; i++) insert(&f, i);
    for (size_t i = 0; i < f.keys; i++) remove_key(&f, i);
    table_check(f.table);
    cr_assert_eq(table_bytes(f.table), empty);
    cr_assert_leq(empty, 1280);
    fixture_close(&f);
}
