#include "storage/types/hash.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define HASH_SEED  99
#define FIELDS_MAX 20000
#define TEXT_MAX   2000

/* A hash, and beside it what its fields, which are numbered, have for values: numbers as well, 0 for none. */
struct fixture {
    struct value hash;
    struct random random;
    size_t fields;
    uint64_t *values;
    unsigned *times; /* each field was seen */
    size_t len;
};

static void fixture_open(struct fixture *f, size_t fields)
{
    *f = (struct fixture){ .random = { seed_draw() }, .fields = fields };
    f->hash = value_make(&hash_type, &value_limits_default, HASH_SEED);
    f->values = calloc(fields, sizeof *f->values);
    f->times = calloc(fields, sizeof *f->times);
}

static void fixture_close(struct fixture *f)
{
    value_clear(&f->hash);
    free(f->values);
    free(f->times);
}

/* Integers, short texts, and a few that are very long: each number has one text, which ends with it. */
static struct slice text_of(char *text, uint64_t number)
{
    size_t len;
    if (number % 3 == 0)
        len = (size_t)sprintf(text, "%" PRIu64, number * (number % 2 ? 1 : 1000003));
    else if (number % 101 == 0)
        len = (size_t)sprintf(text, "%0*llu", (int)(600 + number % 1000), (unsigned long long)number);
    else
        len = (size_t)sprintf(text, "text %0*llu", (int)(number % 20), (unsigned long long)number);
    return slice_of(text, len);
}

static bool is_text_of(const struct atom *atom, uint64_t number)
{
    char text[TEXT_MAX], scratch[NUMBER_I64_MAX];
    return slice_equal(atom_text(atom, scratch), text_of(text, number));
}

static size_t number_of_field(const struct fixture *f, const struct atom *field)
{
    char text[TEXT_MAX], scratch[NUMBER_I64_MAX];
    struct slice sought = atom_text(field, scratch);
    uint64_t number = 0, factor = 1;
    for (size_t i = sought.len; i-- > 0 && sought.data[i] >= '0' && sought.data[i] <= '9'; factor *= 10)
        number += (uint64_t)(sought.data[i] - '0') * factor;
    if (atom_is_integer(field) && number % 1000003 == 0) number /= 1000003;
    cr_assert_lt(number, f->fields);
    cr_assert(slice_equal(sought, text_of(text, number)));
    return number;
}

static void put(struct fixture *f, size_t number)
{
    char name[TEXT_MAX], text[TEXT_MAX];
    uint64_t value = 1 + random_below(&f->random, 100000);
    struct member field = member_of(text_of(name, number), HASH_SEED);
    cr_assert_eq(hash_put(&f->hash, &field, text_of(text, value)), f->values[number] == 0);
    f->len += f->values[number] == 0;
    f->values[number] = value;
}

static void take(struct fixture *f, size_t number)
{
    char name[TEXT_MAX];
    struct member field = member_of(text_of(name, number), HASH_SEED);
    cr_assert_eq(hash_remove(&f->hash, &field), f->values[number] != 0);
    f->len -= f->values[number] != 0;
    f->values[number] = 0;
}

static void expect_found(struct fixture *f, size_t number)
{
    char name[TEXT_MAX];
    struct member field = member_of(text_of(name, number), HASH_SEED);
    struct atom value;
    cr_assert_eq(hash_find(&f->hash, &field, &value), f->values[number] != 0);
    if (f->values[number] != 0) cr_assert(is_text_of(&value, f->values[number]));
}

static void expect_walked(struct fixture *f)
{
    size_t seen = 0;
    struct atom field, value;
    struct hash_walk walk = hash_walk(&f->hash);
    memset(f->times, 0, f->fields * sizeof *f->times);
    for (; hash_next(&walk, &field, &value); seen++) {
        size_t number = number_of_field(f, &field);
        cr_assert_eq(f->times[number]++, 0);
        cr_assert(is_text_of(&value, f->values[number]));
    }
    cr_assert_eq(seen, f->len);
    cr_assert_eq(value_len(&f->hash), f->len);
}

/* Steps in which `growth` of a hundred changes put a field. */
static void change(struct fixture *f, size_t steps, unsigned growth)
{
    for (size_t step = 0; step < steps; step++) {
        size_t number = random_below(&f->random, f->fields);
        if (random_chance(&f->random, growth))
            put(f, number);
        else
            take(f, number);
        expect_found(f, random_below(&f->random, f->fields));
        if (step % (1000 + f->fields) == 0) hash_type.check(&f->hash);
    }
    expect_walked(f);
}

Test(hash, is_as_an_array_of_values_would_be)
{
    static const size_t sizes[] = { 5, 30, 300, 1000, FIELDS_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fixture f;
        fixture_open(&f, sizes[i]);
        for (int round = 0; round < 3; round++) {
            change(&f, 2000 + 2 * sizes[i], 80);
            change(&f, 2000 + 2 * sizes[i], 20);
        }
        for (size_t number = 0; number < f.fields; number++) take(&f, number);
        cr_assert_eq(value_len(&f.hash), 0);
        expect_walked(&f);
        fixture_close(&f);
    }
}

Test(hash, keeps_the_order_of_insertion_while_it_is_compact)
{
    struct fixture f;
    fixture_open(&f, 513);
    for (size_t number = 512; number-- > 0;) {
        char name[TEXT_MAX];
        struct member field = member_of(slice_of(name, (size_t)sprintf(name, "f%zu", number)), HASH_SEED);
        cr_assert(hash_put(&f.hash, &field, SLICE("v")));
    }
    cr_assert_str_eq(hash_type.encoding(&f.hash), "listpack");
    struct hash_walk walk = hash_walk(&f.hash);
    struct atom field = { 0 }, value = { 0 };
    for (size_t number = 512; number-- > 0;) {
        char name[TEXT_MAX];
        cr_assert(hash_next(&walk, &field, &value));
        cr_assert(slice_equal(field.text, slice_of(name, (size_t)sprintf(name, "f%zu", number))));
    }
    fixture_close(&f);
}

static const char *encoding_with(size_t fields, size_t field_len, size_t value_len)
{
    static char text[100];
    memset(text, 'x', sizeof text);
    struct value hash = value_make(&hash_type, &value_limits_default, HASH_SEED);
    for (size_t i = 0; i < fields; i++) {
        memcpy(text, &i, 4);
        struct member field = member_of(slice_of(text, field_len), HASH_SEED);
        hash_put(&hash, &field, slice_of(text, value_len));
    }
    const char *encoding = hash_type.encoding(&hash);
    value_clear(&hash);
    return encoding;
}

Test(hash, is_told_to_be_a_table_beyond_the_limits_of_a_listpack)
{
    cr_assert_str_eq(encoding_with(1, 64, 64), "listpack");
    cr_assert_str_eq(encoding_with(1, 65, 1), "hashtable");
    cr_assert_str_eq(encoding_with(1, 1, 65), "hashtable");
    cr_assert_str_eq(encoding_with(512, 8, 8), "listpack");
    cr_assert_str_eq(encoding_with(513, 8, 8), "hashtable");
}

Test(hash, stays_a_table_in_name)
{
    struct fixture f;
    fixture_open(&f, 600);
    for (size_t number = 0; number < 600; number++) put(&f, number);
    for (size_t number = 1; number < 600; number++) take(&f, number);
    cr_assert_str_eq(hash_type.encoding(&f.hash), "hashtable");
    take(&f, 0);
    cr_assert_eq(value_len(&f.hash), 0);
    fixture_close(&f);
}
