/*
 * Strings as rows of bits, against models that look at one bit at a time.
 */
#include "storage/types/text/bits.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "storage/types/text/bitfield.h"
#include "tests/support/seed.h"

#define LEN_MAX 9000
#define ROUNDS  20000

static bool bit_of(struct slice text, uint64_t at)
{
    return at / 8 < text.len && ((unsigned char)text.data[at / 8] >> (7 - at % 8) & 1) != 0;
}

/* A text that ends where its memory does, so that a sanitizer sees what is read behind it. Mostly dull, since
 * runs of one bit are what is skipped. */
static struct slice draw_text(struct random *random, size_t len)
{
    char *bytes = malloc(len + (len == 0));
    int dull = random_chance(random, 50) ? 0 : 0xff;
    memset(bytes, dull, len);
    if (len == 0) return slice_of(bytes, len);
    size_t odd = random_chance(random, 30) ? len : random_below(random, 3);
    for (size_t i = 0; i < odd; i++) bytes[random_below(random, len)] = (char)random_next(random);
    return slice_of(bytes, len);
}

static size_t draw_len(struct random *random)
{
    return random_below(random, random_chance(random, 90) ? 80 : LEN_MAX);
}

Test(bits, are_counted_and_found_in_any_range)
{
    struct random random = { seed_draw() };
    for (int round = 0; round < ROUNDS / 4; round++) {
        size_t len = 1 + draw_len(&random);
        struct slice text = draw_text(&random, len);
        uint64_t first = random_below(&random, len * 8);
        uint64_t last = first + random_below(&random, len * 8 - first);
        uint64_t count = 0;
        int64_t found[2] = { -1, -1 };
        for (uint64_t at = first; at <= last; at++) {
            bool bit = bit_of(text, at);
            count += bit;
            if (found[bit] < 0) found[bit] = (int64_t)at;
        }
        cr_assert_eq(bits_count(text, first, last), count);
        cr_assert_eq(bits_find(text, false, first, last), found[0]);
        cr_assert_eq(bits_find(text, true, first, last), found[1]);
        free((void *)text.data);
    }
}

/* Of the operations that count for each bit how many have it. */
static unsigned counted(enum bits_operation operation, const struct slice *sources, size_t count, size_t at)
{
    unsigned result = 0;
    for (unsigned bit = 1; bit <= 128; bit <<= 1) {
        size_t all = 0;
        bool first = false;
        for (size_t i = 0; i < count; i++) {
            bool has = at < sources[i].len && ((unsigned char)sources[i].data[at] & bit) != 0;
            if (i == 0) first = has;
            all += has;
        }
        bool others = all > (size_t)first;
        bool is_set = operation == BITS_ONE     ? all == 1
                      : operation == BITS_DIFF  ? first && !others
                      : operation == BITS_DIFF1 ? others && !first
                                                : first && others;
        if (is_set) result |= bit;
    }
    return result;
}

static unsigned combined(enum bits_operation operation, const struct slice *sources, size_t count, size_t at)
{
    unsigned result = 0;
    if (operation >= BITS_DIFF) return counted(operation, sources, count, at);
    for (size_t i = 0; i < count; i++) {
        unsigned byte = at < sources[i].len ? (unsigned char)sources[i].data[at] : 0;
        if (i == 0) result = operation == BITS_NOT ? ~byte & 0xff : byte;
        if (i > 0 && operation == BITS_AND) result &= byte;
        if (i > 0 && operation == BITS_OR) result |= byte;
        if (i > 0 && operation == BITS_XOR) result ^= byte;
    }
    return result;
}

Test(bits, of_several_strings_are_combined_into_another_or_one_of_them)
{
    struct random random = { seed_draw() };
    for (int round = 0; round < ROUNDS / 20; round++) {
        enum bits_operation operation = (enum bits_operation)random_below(&random, BITS_ONE + 1);
        struct slice sources[20];
        size_t count = operation == BITS_NOT ? 1 : 1 + random_below(&random, 20), len = 0;
        for (size_t i = 0; i < count; i++) {
            sources[i] = draw_text(&random, draw_len(&random));
            if (sources[i].len > len) len = sources[i].len;
        }
        char *expected = malloc(len + 1);
        for (size_t at = 0; at < len; at++) expected[at] = (char)combined(operation, sources, count, at);

        char *out = malloc(len + 1);
        size_t reused = random_below(&random, count * 2);
        if (reused < count) {
            memset(out, 0, len);
            memcpy(out, sources[reused].data, sources[reused].len);
            free((void *)sources[reused].data);
            sources[reused].data = out;
        }
        bits_combine(operation, sources, count, out, len);
        cr_assert_arr_eq(out, expected, len);
        for (size_t i = 0; i < count; i++) {
            if (i != reused) free((void *)sources[i].data);
        }
        free(out);
        free(expected);
    }
}

Test(bits, of_any_width_are_loaded_and_stored_at_any_place)
{
    struct random random = { seed_draw() };
    for (int round = 0; round < ROUNDS; round++) {
        size_t len = 9 + random_below(&random, 40);
        struct slice text = draw_text(&random, len);
        unsigned width = 1 + (unsigned)random_below(&random, 64);
        uint64_t at = random_below(&random, len * 8 + 20), value = 0;
        for (unsigned i = 0; i < width; i++) value = value << 1 | bit_of(text, at + i);
        cr_assert_eq(bits_load(text, at, width), value);

        at = random_below(&random, len * 8 - width + 1);
        value = random_next(&random);
        char *model = malloc(len);
        memcpy(model, text.data, len);
        for (unsigned i = 0; i < width; i++) {
            uint64_t place = at + i;
            unsigned mask = 1u << (7 - place % 8), bit = value >> (width - 1 - i) & 1;
            model[place / 8] = (char)(((unsigned char)model[place / 8] & ~mask) | (bit ? mask : 0));
        }
        bits_store((char *)text.data, at, width, value);
        cr_assert_arr_eq(text.data, model, len);
        free(model);
        free((void *)text.data);
    }
}

static int64_t add(bool is_signed, unsigned width, enum bitfield_overflow overflow, int64_t value, int64_t by)
{
    struct bitfield field = { .is_signed = is_signed, .width = width };
    cr_assert(bitfield_add(&field, overflow, &value, by));
    return value;
}

static int64_t fit(bool is_signed, unsigned width, enum bitfield_overflow overflow, int64_t value)
{
    struct bitfield field = { .is_signed = is_signed, .width = width };
    cr_assert(bitfield_fit(&field, overflow, &value));
    return value;
}

Test(bitfield, wraps_around_or_stops_at_its_ends)
{
    cr_expect_eq(add(false, 8, BITFIELD_WRAP, 250, 10), 4);
    cr_expect_eq(add(false, 8, BITFIELD_WRAP, 0, -1), 255);
    cr_expect_eq(add(true, 8, BITFIELD_WRAP, 127, 1), -128);
    cr_expect_eq(add(true, 64, BITFIELD_WRAP, INT64_MAX, 1), INT64_MIN);
    cr_expect_eq(add(false, 63, BITFIELD_WRAP, INT64_MAX, 1), 0);
    cr_expect_eq(add(false, 8, BITFIELD_SATURATE, 250, 10), 255);
    cr_expect_eq(add(false, 8, BITFIELD_SATURATE, 5, -10), 0);
    cr_expect_eq(add(true, 8, BITFIELD_SATURATE, -120, -10), -128);
    cr_expect_eq(add(true, 64, BITFIELD_SATURATE, INT64_MIN, INT64_MIN), INT64_MIN);
    cr_expect_eq(fit(false, 4, BITFIELD_WRAP, -1), 15);
    cr_expect_eq(fit(false, 4, BITFIELD_SATURATE, -1), 15);
    cr_expect_eq(fit(true, 4, BITFIELD_SATURATE, -9), -8);
    cr_expect_eq(fit(true, 1, BITFIELD_WRAP, 1), -1);
}

Test(bitfield, may_refuse_what_does_not_fit)
{
    struct bitfield field = { .is_signed = true, .width = 8 };
    int64_t value = 127;
    cr_expect_not(bitfield_add(&field, BITFIELD_FAIL, &value, 1));
    cr_expect(bitfield_add(&field, BITFIELD_FAIL, &value, -255));
    cr_expect_eq(value, -128);
    value = 128;
    cr_expect_not(bitfield_fit(&field, BITFIELD_FAIL, &value));
}

Test(bitfield, is_read_as_it_was_written)
{
    struct random random = { seed_draw() };
    char text[32] = { 0 };
    for (int round = 0; round < ROUNDS; round++) {
        bool is_signed = random_chance(&random, 50);
        struct bitfield field = { is_signed, 1 + (unsigned)random_below(&random, is_signed ? 64 : 63),
                                  random_below(&random, 190) };
        int64_t value = (int64_t)random_next(&random);
        cr_assert(bitfield_fit(&field, BITFIELD_WRAP, &value));
        bitfield_set(text, &field, value);
        cr_assert_eq(bitfield_get(slice_of(text, sizeof text), &field), value);
    }
}
