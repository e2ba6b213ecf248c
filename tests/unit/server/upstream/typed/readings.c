#include "server/upstream/typed/readings.h"

#include <criterion/criterion.h>

static struct readings readings;
static const struct key k = { .name = { "k", 1 }, .hash = 0x123456789abcdef0 };
static const struct key j = { .name = { "j", 1 }, .hash = 0xfedcba9876543210 };

static void open_readings(void)
{
    readings_init(&readings);
}

static void close_readings(void)
{
    readings_clear(&readings);
}

TestSuite(readings, .init = open_readings, .fini = close_readings);

Test(readings, the_read_that_makes_enough_is_told)
{
    cr_assert_not(readings_note(&readings, 0, k, 3));
    cr_assert_eq(readings_of(&readings, 0, k), 1);
    cr_assert_not(readings_note(&readings, 0, k, 3));
    cr_assert(readings_note(&readings, 0, k, 3));
    cr_assert(readings_note(&readings, 0, j, 1));
    cr_assert_not(readings_note(&readings, 0, (struct key){ .hash = 77 }, 0));
}

Test(readings, what_is_being_fetched_is_not_told_again_until_that_is_over)
{
    cr_assert_not(readings_expect(&readings, 0, k));
    cr_assert(readings_note(&readings, 0, k, 1));
    cr_assert(readings_expect(&readings, 0, k));
    for (int i = 0; i < 10; i++) cr_assert_not(readings_note(&readings, 0, k, 1));
    readings_end(&readings, 0, k);
    cr_assert_not(readings_expect(&readings, 0, k));
    cr_assert(readings_note(&readings, 0, k, 1));
}

Test(readings, databases_and_keys_are_apart)
{
    readings_note(&readings, 0, k, 9);
    cr_assert_eq(readings_of(&readings, 1, k), 0);
    cr_assert_eq(readings_of(&readings, 0, j), 0);
    cr_assert_eq(readings_of(&readings, 0, k), 1);
}

Test(readings, a_key_that_is_deterred_is_told_again_after_thousands)
{
    readings_deter(&readings, 0, k);
    cr_assert_eq(readings_of(&readings, 0, k), READINGS_DETERRED);
    size_t reads = 1;
    while (!readings_note(&readings, 0, k, 2)) cr_assert(++reads < 10000);
    cr_assert(reads > 1000, "%zu", reads);
}

static struct key numbered(uint64_t i)
{
    return (struct key){ .hash = i * UINT64_C(0xd6e8feb86659fd93) };
}

/* Also where they are read one after the other, round after round. */
Test(readings, many_keys_are_counted_at_a_time)
{
    enum { KEYS = 100000 };
    size_t due = 0;
    for (int round = 0; round < 2; round++)
        for (uint64_t i = 0; i < KEYS; i++) due += readings_note(&readings, 0, numbered(i), 2);
    cr_assert(due > KEYS * 95 / 100, "%zu", due);
}

Test(readings, of_more_keys_than_places_some_are_counted)
{
    enum { KEYS = 1000000 };
    size_t due = 0;
    for (int round = 0; round < 4; round++)
        for (uint64_t i = 0; i < KEYS; i++) {
            if (!readings_note(&readings, 0, numbered(i), 2)) continue;
            readings_end(&readings, 0, numbered(i));
            due++;
        }
    cr_assert(due > KEYS / 100, "%zu", due);
}
