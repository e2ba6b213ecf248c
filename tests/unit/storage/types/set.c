#include "storage/types/set.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define HASH_SEED 99
#define TEXT_MAX  2000

/* A set, and beside it which of its members, which are numbered, are in it. */
struct fixture {
    struct value set;
    struct random random;
    size_t members;
    bool integers; /* only */
    bool *present;
    unsigned *times; /* each was seen */
    size_t len;
};

static void fixture_open(struct fixture *f, size_t members, bool integers)
{
    *f = (struct fixture){ .random = { seed_draw() }, .members = members, .integers = integers };
    f->set = value_make(&set_type, &value_limits_default, HASH_SEED);
    f->present = calloc(members, sizeof *f->present);
    f->times = calloc(members, sizeof *f->times);
}

static void fixture_close(struct fixture *f)
{
    value_clear(&f->set);
    free(f->present);
    free(f->times);
}

/* Integers of all widths; short texts, and a few that are very long. Each ends with its number. */
static struct slice text_of(const struct fixture *f, char *text, size_t number)
{
    size_t len;
    if (f->integers || number % 3 == 0)
        len = (size_t)sprintf(text, "%s%zu", number % 5 == 1 ? "-7000000000000" : "", number);
    else if (number % 101 == 0)
        len = (size_t)sprintf(text, "%0*zu", (int)(600 + number % 1000), number);
    else
        len = (size_t)sprintf(text, "text %0*zu", (int)(number % 20), number);
    return slice_of(text, len);
}

static struct member member_with(const struct fixture *f, char *text, size_t number)
{
    return member_of(text_of(f, text, number), HASH_SEED);
}

static void add(struct fixture *f, size_t number)
{
    char text[TEXT_MAX];
    struct member member = member_with(f, text, number);
    cr_assert_eq(set_add(&f->set, &member), !f->present[number]);
    f->len += !f->present[number];
    f->present[number] = true;
}

static void take(struct fixture *f, size_t number)
{
    char text[TEXT_MAX];
    struct member member = member_with(f, text, number);
    cr_assert_eq(set_remove(&f->set, &member), f->present[number]);
    f->len -= f->present[number];
    f->present[number] = false;
}

static size_t number_of(const struct fixture *f, const struct atom *atom);

static uint64_t draw(void *state)
{
    return random_next(state);
}

/* Any of those that are there, without looking for it. */
static void take_any(struct fixture *f)
{
    if (f->len == 0) return;
    struct set_place place = set_at_random(&f->set, draw, &f->random);
    size_t number = number_of(f, &place.member);
    cr_assert(f->present[number]);
    set_remove_at(&f->set, &place);
    f->present[number] = false;
    f->len--;
}

/* Looks for what ends with the digits of the atom: which of the numbers it is of. */
static size_t number_of(const struct fixture *f, const struct atom *atom)
{
    char text[TEXT_MAX], scratch[NUMBER_I64_MAX];
    struct slice sought = atom_text(atom, scratch);
    size_t number = 0, factor = 1;
    for (size_t i = sought.len; i-- > 0 && sought.data[i] >= '0' && sought.data[i] <= '9'; factor *= 10) {
        number += (size_t)(sought.data[i] - '0') * factor;
        if (number >= f->members) break;
        if (slice_equal(sought, text_of(f, text, number))) return number;
    }
    cr_assert_fail("no member: %.*s", (int)sought.len, sought.data);
    return 0;
}

static void expect_walked(struct fixture *f)
{
    size_t seen = 0;
    struct atom member;
    struct set_walk walk = set_walk(&f->set);
    memset(f->times, 0, f->members * sizeof *f->times);
    for (; set_next(&walk, &member); seen++) {
        size_t number = number_of(f, &member);
        cr_assert(f->present[number]);
        cr_assert_eq(f->times[number]++, 0);
    }
    cr_assert_eq(seen, f->len);
    cr_assert_eq(value_len(&f->set), f->len);
}

static void change(struct fixture *f, size_t steps, unsigned growth)
{
    for (size_t step = 0; step < steps; step++) {
        size_t number = random_below(&f->random, f->members);
        if (random_chance(&f->random, growth))
            add(f, number);
        else if (random_chance(&f->random, 30))
            take_any(f);
        else
            take(f, number);
        char text[TEXT_MAX];
        number = random_below(&f->random, f->members);
        struct member member = member_with(f, text, number);
        cr_assert_eq(set_has(&f->set, &member), f->present[number]);
        if (step % (1000 + f->members) == 0) set_type.check(&f->set);
    }
    expect_walked(f);
}

static void compare_with_array(size_t members, bool integers)
{
    struct fixture f;
    fixture_open(&f, members, integers);
    for (int round = 0; round < 3; round++) {
        change(&f, 2000 + 2 * members, 80);
        change(&f, 2000 + 2 * members, 20);
    }
    for (size_t number = 0; number < members; number++) take(&f, number);
    cr_assert_eq(value_len(&f.set), 0);
    expect_walked(&f);
    fixture_close(&f);
}

Test(set, is_as_an_array_of_flags_would_be)
{
    compare_with_array(5, false);
    compare_with_array(60, false);
    compare_with_array(1000, false);
    compare_with_array(20000, false);
}

Test(set, of_integers_is_as_an_array_of_flags_would_be)
{
    compare_with_array(5, true);
    compare_with_array(400, true);
    compare_with_array(1500, true);
    compare_with_array(20000, true);
}

static void add_text(struct value *set, const char *text)
{
    struct member member = member_of(slice_of_cstr(text), HASH_SEED);
    set_add(set, &member);
}

static void add_integers(struct value *set, int count)
{
    for (int i = 0; i < count; i++) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_integer(i * 7919 % 1000, scratch, HASH_SEED);
        set_add(set, &member);
    }
}

Test(set, of_integers_comes_in_rising_order)
{
    struct value set = value_make(&set_type, &value_limits_default, HASH_SEED);
    add_integers(&set, 300);
    add_text(&set, "-9223372036854775808");
    add_text(&set, "9223372036854775807");
    cr_assert_str_eq(set_type.encoding(&set), "intset");
    struct set_walk walk = set_walk(&set);
    struct atom atom;
    int64_t last = INT64_MIN;
    for (size_t i = 0; set_next(&walk, &atom); i++) {
        cr_assert(atom_is_integer(&atom));
        cr_assert(i == 0 ? atom.integer == INT64_MIN : atom.integer > last);
        last = atom.integer;
    }
    cr_assert_eq(last, INT64_MAX);
    value_clear(&set);
}

static void expect_encoding(int integers, const char *text, const char *encoding)
{
    struct value set = value_make(&set_type, &value_limits_default, HASH_SEED);
    add_integers(&set, integers);
    if (text != NULL) add_text(&set, text);
    cr_assert_str_eq(set_type.encoding(&set), encoding);
    set_type.check(&set);
    value_clear(&set);
}

#define TEXT_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Test(set, has_the_encoding_that_redis_tells)
{
    expect_encoding(512, NULL, "intset");
    expect_encoding(513, NULL, "hashtable");
    expect_encoding(0, "text", "listpack");
    expect_encoding(127, "text", "listpack");
    expect_encoding(128, "text", "hashtable");
    expect_encoding(1, TEXT_64, "listpack");
    expect_encoding(1, TEXT_64 "0", "hashtable");
    expect_encoding(5, "007", "listpack");
    expect_encoding(5, "9223372036854775808", "listpack");
}

/* `to` gets all members of `from`, which keeps them; both are as if they had come one by one. */
static void unite(size_t from_len, size_t to_len)
{
    struct fixture from, to;
    fixture_open(&from, 20000, false);
    fixture_open(&to, 20000, false);
    for (size_t i = 0; i < from_len; i++) add(&from, random_below(&from.random, from.members));
    for (size_t i = 0; i < to_len; i++) add(&to, random_below(&to.random, to.members));
    set_add_all(&to.set, &from.set);
    for (size_t number = 0; number < to.members; number++) {
        to.len += from.present[number] && !to.present[number];
        to.present[number] |= from.present[number];
    }
    set_type.check(&to.set);
    expect_walked(&to);
    change(&to, 1000, 50);
    expect_walked(&from);
    fixture_close(&to);
    fixture_close(&from);
}

Test(set, takes_all_members_of_another)
{
    unite(0, 0);
    unite(10, 0);
    unite(100, 5);
    unite(5000, 0);
    unite(5000, 100);
    unite(100, 5000);
    unite(20000, 3000);
}

Test(set, that_is_copied_has_the_encoding_of_a_new_one)
{
    struct value many = value_make(&set_type, &value_limits_default, HASH_SEED);
    for (int i = 0; i < 2000; i++) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_integer(i, scratch, HASH_SEED);
        set_add(&many, &member);
    }
    for (int i = 100; i < 2000; i++) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_integer(i, scratch, HASH_SEED);
        set_remove(&many, &member);
    }
    cr_assert_str_eq(set_type.encoding(&many), "hashtable");
    struct value copy = value_make(&set_type, &value_limits_default, HASH_SEED);
    set_add_all(&copy, &many);
    cr_assert_str_eq(set_type.encoding(&copy), "intset");
    cr_assert_eq(value_len(&copy), 100);
    value_clear(&copy);
    value_clear(&many);
}

static const char *encoding_after_expecting(int integers, const char *first, size_t members)
{
    struct value set = value_make(&set_type, &value_limits_default, HASH_SEED);
    add_integers(&set, integers);
    struct member member = member_of(slice_of_cstr(first), HASH_SEED);
    set_expect(&set, &member, members);
    set_add(&set, &member);
    const char *encoding = set_type.encoding(&set);
    set_type.check(&set);
    value_clear(&set);
    return encoding;
}

Test(set, of_so_many_members_at_once_is_a_table_though_they_may_be_equal)
{
    cr_assert_str_eq(encoding_after_expecting(0, "text", 128), "listpack");
    cr_assert_str_eq(encoding_after_expecting(0, "text", 129), "hashtable");
    cr_assert_str_eq(encoding_after_expecting(0, "5000", 512), "intset");
    cr_assert_str_eq(encoding_after_expecting(0, "5000", 513), "hashtable");
    cr_assert_str_eq(encoding_after_expecting(5, "5000", 512), "intset");
    cr_assert_str_eq(encoding_after_expecting(5, "5000", 513), "hashtable");
}

Test(set, of_more_integers_at_once_than_an_intset_takes_is_a_list_where_they_fit)
{
    struct value_limits limits = value_limits_default;
    limits.set_ints = 2;
    limits.set_entries = 4;
    static const char *const encodings[] = { "", "intset", "intset", "listpack", "listpack", "hashtable" };
    for (int members = 1; members <= 5; members++) {
        struct value set = value_make(&set_type, &limits, HASH_SEED);
        char scratch[NUMBER_I64_MAX];
        struct member first = member_of_integer(0, scratch, HASH_SEED);
        set_expect(&set, &first, (size_t)members);
        add_integers(&set, members);
        cr_assert_str_eq(set_type.encoding(&set), encodings[members]);
        cr_assert_eq(value_len(&set), (size_t)members);
        set_type.check(&set);
        value_clear(&set);
    }
}

Test(set, of_integers_that_may_be_very_many_takes_a_text)
{
    struct value_limits limits = value_limits_default;
    limits.set_ints = 100000;
    struct value set = value_make(&set_type, &limits, HASH_SEED);
    for (int i = 0; i < 70000; i++) {
        char scratch[NUMBER_I64_MAX];
        struct member member = member_of_integer(i, scratch, HASH_SEED);
        set_add(&set, &member);
    }
    cr_assert_str_eq(set_type.encoding(&set), "intset");
    add_text(&set, "text");
    cr_assert_str_eq(set_type.encoding(&set), "hashtable");
    cr_assert_eq(value_len(&set), 70001);
    set_type.check(&set);
    value_clear(&set);
}
