#include "storage/types/hash_deadlines.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "storage/types/hash.h"
#include "tests/support/seed.h"

#define HASH_SEED  7
#define FIELDS_MAX 20000
#define TEXT_MAX   2000

/* Of a field that is not there. */
#define ABSENT (-1)

/* A hash, and beside it the deadlines of its fields, which are numbered. A value is its field's name. */
struct fixture {
    struct value hash;
    struct random random;
    size_t fields;
    int64_t *deadlines;
};

static struct slice name_of(char *text, size_t number)
{
    size_t len;
    if (number % 3 == 0)
        len = (size_t)sprintf(text, "%zu", number);
    else if (number % 97 == 0)
        len = (size_t)sprintf(text, "%0*zu", (int)(600 + number % 100), number);
    else
        len = (size_t)sprintf(text, "field %0*zu", (int)(number % 90), number);
    return slice_of(text, len);
}

static void fixture_open(struct fixture *f, size_t fields)
{
    *f = (struct fixture){ .random = { seed_draw() }, .fields = fields };
    f->hash = value_make(&hash_type, &value_limits_default, HASH_SEED);
    f->hash.now_ms = 1000;
    f->deadlines = calloc(fields, sizeof *f->deadlines);
    for (size_t i = 0; i < fields; i++) f->deadlines[i] = ABSENT;
}

static void fixture_close(struct fixture *f)
{
    value_clear(&f->hash);
    free(f->deadlines);
}

static bool is_live(const struct fixture *f, size_t number)
{
    int64_t deadline_ms = f->deadlines[number];
    return deadline_ms == HASH_NO_DEADLINE || deadline_ms >= f->hash.now_ms;
}

static int64_t draw_deadline(struct fixture *f)
{
    if (random_chance(&f->random, 30)) return HASH_NO_DEADLINE;
    if (random_chance(&f->random, 2)) return HASH_DEADLINE_MAX - (int64_t)random_below(&f->random, 100);
    return f->hash.now_ms + (int64_t)random_below(&f->random, 2000);
}

static void put(struct fixture *f, size_t number)
{
    char text[TEXT_MAX];
    struct member field = member_of(name_of(text, number), HASH_SEED);
    int64_t deadline_ms = draw_deadline(f);
    bool is_new = deadline_ms == HASH_NO_DEADLINE && random_chance(&f->random, 50)
                      ? hash_put(&f->hash, &field, field.text)
                      : hash_put_until(&f->hash, &field, field.text, deadline_ms);
    cr_assert_eq(is_new, !is_live(f, number));
    f->deadlines[number] = deadline_ms;
}

static void set(struct fixture *f, size_t number)
{
    char text[TEXT_MAX];
    struct member field = member_of(name_of(text, number), HASH_SEED);
    int64_t deadline_ms = draw_deadline(f);
    bool live = is_live(f, number);
    cr_assert_eq(hash_set_deadline(&f->hash, &field, deadline_ms), live);
    if (live) f->deadlines[number] = deadline_ms;
}

static void take(struct fixture *f, size_t number)
{
    char text[TEXT_MAX];
    struct member field = member_of(name_of(text, number), HASH_SEED);
    cr_assert_eq(hash_remove(&f->hash, &field), is_live(f, number));
    f->deadlines[number] = ABSENT;
}

static void expect_found(struct fixture *f, size_t number)
{
    char text[TEXT_MAX], scratch[NUMBER_I64_MAX];
    struct member field = member_of(name_of(text, number), HASH_SEED);
    struct atom value;
    int64_t deadline_ms;
    bool live = is_live(f, number);
    cr_assert_eq(hash_find(&f->hash, &field, &value), live);
    cr_assert_eq(hash_look(&f->hash, &field, &value, &deadline_ms), live);
    if (!live) return;
    cr_assert(slice_equal(atom_text(&value, scratch), field.text));
    cr_assert_eq(deadline_ms, f->deadlines[number]);
}

static void count_shown(void *context, const struct atom *field, const struct atom *value)
{
    (void)field, (void)value;
    ++*(size_t *)context;
}

static uint64_t draw(void *random)
{
    return random_next(random);
}

static void expect_same(struct fixture *f)
{
    size_t live = 0, walked = 0, shown = 0;
    int64_t first_ms = VALUE_NEVER_DUE, deadline_ms;
    struct atom field, value;
    hash_type.check(&f->hash);
    for (size_t number = 0; number < f->fields; number++) {
        expect_found(f, number);
        live += is_live(f, number);
        bool timed = is_live(f, number) && f->deadlines[number] != HASH_NO_DEADLINE;
        if (timed && f->deadlines[number] < first_ms) first_ms = f->deadlines[number];
    }
    struct hash_walk walk = hash_walk(&f->hash);
    while (hash_next_until(&walk, &field, &value, &deadline_ms)) walked++;
    uint64_t cursor = 0;
    do cursor = hash_scan(&f->hash, cursor, count_shown, &shown);
    while (cursor != 0);
    cr_assert_eq(walked, live);
    cr_assert_eq(shown, live);
    cr_assert_leq(hash_next_due_ms(&f->hash), first_ms);
    if (f->hash.root == NULL) return;
    cr_assert_eq(value_len(&f->hash), live);
    if (live > 0) hash_at_random(&f->hash, draw, &f->random, &field, &value);
}

static void advance(struct fixture *f)
{
    f->hash.now_ms += (int64_t)random_below(&f->random, 300);
    if (f->hash.root != NULL && random_chance(&f->random, 50)) return;
    hash_type.expire(&f->hash, 100);
}

static void change(struct fixture *f, size_t steps, unsigned growth)
{
    for (size_t step = 0; step < steps; step++) {
        size_t number = random_below(&f->random, f->fields);
        if (random_chance(&f->random, growth))
            put(f, number);
        else if (random_chance(&f->random, 50))
            set(f, number);
        else
            take(f, number);
        expect_found(f, random_below(&f->random, f->fields));
        if (step % (f->fields / 2) == 0) advance(f);
    }
    expect_same(f);
}

Test(hash_deadlines, are_as_an_array_of_deadlines_would_be)
{
    static const size_t sizes[] = { 5, 30, 300, 1000, FIELDS_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fixture f;
        fixture_open(&f, sizes[i]);
        for (int round = 0; round < 3; round++) {
            change(&f, 500 + 2 * sizes[i], 80);
            change(&f, 500 + 2 * sizes[i], 20);
        }
        f.hash.now_ms += 10000;
        hash_type.expire(&f.hash, SIZE_MAX);
        expect_same(&f);
        fixture_close(&f);
    }
}

static struct value filled(size_t fields, int64_t deadline_ms)
{
    struct value hash = value_make(&hash_type, &value_limits_default, HASH_SEED);
    for (size_t i = 0; i < fields; i++) {
        char text[32];
        struct member field = member_of(slice_of(text, (size_t)sprintf(text, "f%07zu", i)), HASH_SEED);
        hash_put_until(&hash, &field, SLICE("sixteen bytes ..."),
                       deadline_ms == 0 ? 0 : deadline_ms + (int64_t)i);
    }
    return hash;
}

Test(hash_deadlines, take_at_most_eight_bytes_each)
{
    struct value plain = filled(100000, 0), timed = filled(100000, 1000000);
    size_t bytes = hash_type.bytes(timed.root) - hash_type.bytes(plain.root);
    cr_assert_leq(bytes, 8 * 100000u, "%zu bytes", bytes);
    value_clear(&plain);
    value_clear(&timed);
}

Test(hash_deadlines, of_a_few_are_found_without_a_look_at_the_others)
{
    struct value hash = filled(100000, 1000000);
    cr_assert_eq(hash_type.next_due_ms(&hash), 1000000);
    hash.now_ms = 1000100;
    cr_assert_eq(value_len(&hash), 99900);
    cr_assert_eq(hash_type.expire(&hash, SIZE_MAX), 100);
    cr_assert_eq(hash_type.expire(&hash, SIZE_MAX), 0);
    cr_assert_eq(hash_type.next_due_ms(&hash), 1000100);
    hash_type.check(&hash);
    value_clear(&hash);
}

Test(hash_deadlines, are_kept_by_a_copy)
{
    struct value hash = filled(1000, 5000);
    struct value copy = hash;
    copy.root = hash_type.copy(hash.root);
    copy.packed = NULL;
    copy.packed_len = 0;
    cr_assert_eq(hash_type.bytes(copy.root), hash_type.bytes(hash.root));
    copy.now_ms = 5500;
    cr_assert_eq(hash_type.expire(&copy, SIZE_MAX), 500);
    hash_type.check(&copy);
    cr_assert_eq(value_len(&hash), 1000);
    value_clear(&copy);
    value_clear(&hash);
}

Test(hash_deadlines, are_told_in_the_name_of_the_encoding)
{
    struct value hash = filled(3, 0);
    struct member field = member_of(SLICE("f0000001"), HASH_SEED);
    cr_assert_str_eq(hash_type.encoding(&hash), "listpack");
    cr_assert(hash_set_deadline(&hash, &field, 5000));
    cr_assert_str_eq(hash_type.encoding(&hash), "listpackex");
    cr_assert(hash_set_deadline(&hash, &field, HASH_NO_DEADLINE));
    cr_assert_str_eq(hash_type.encoding(&hash), "listpackex");
    cr_assert_eq(hash_type.next_due_ms(&hash), VALUE_NEVER_DUE);
    value_clear(&hash);
}
