#include "proto/base/number.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void expect_i64(const char *text, int64_t expected)
{
    int64_t value = 42;
    cr_expect(number_parse_i64(slice_of_cstr(text), &value), "'%s' is an integer", text);
    cr_expect_eq(value, expected, "'%s' is %" PRId64 ", not %" PRId64, text, expected, value);
}

static void expect_no_i64(struct slice text)
{
    int64_t value = 42;
    cr_expect_not(number_parse_i64(text, &value), "'%.*s' is no integer", (int)text.len, text.data);
    cr_expect_eq(value, 42, "a failure leaves the value alone");
}

Test(number, an_integer_reads_back_as_it_was_written)
{
    expect_i64("0", 0);
    expect_i64("7", 7);
    expect_i64("-1", -1);
    expect_i64("1234567890", 1234567890);
    expect_i64("9223372036854775806", INT64_MAX - 1);
    expect_i64("9223372036854775807", INT64_MAX);
    expect_i64("-9223372036854775807", -INT64_MAX);
    expect_i64("-9223372036854775808", INT64_MIN);
}

Test(number, what_is_not_canonical_is_no_integer)
{
    static const char *const texts[] = { "",    "-",   "+1",   " 1",  "1 ", "01", "-0",  "-01", "00",
                                         "1e3", "1.0", "0x10", "abc", "1a", "a1", "--1", "- 1", "\n1" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) expect_no_i64(slice_of_cstr(texts[i]));
    expect_no_i64(SLICE("1\0"));
    expect_no_i64(slice_of(NULL, 0));
}

Test(number, what_does_not_fit_is_no_integer)
{
    expect_no_i64(SLICE("9223372036854775808"));
    expect_no_i64(SLICE("-9223372036854775809"));
    expect_no_i64(SLICE("18446744073709551616"));
    expect_no_i64(SLICE("99999999999999999999"));
    expect_no_i64(SLICE("-99999999999999999999"));
    expect_no_i64(SLICE("100000000000000000000"));
}

Test(number, an_unsigned_integer_reaches_twice_as_far)
{
    uint64_t value;
    cr_expect(number_parse_u64(SLICE("18446744073709551615"), &value));
    cr_expect_eq(value, UINT64_MAX);
    cr_expect_not(number_parse_u64(SLICE("18446744073709551616"), &value));
    cr_expect_not(number_parse_u64(SLICE("28446744073709551615"), &value));
    cr_expect_not(number_parse_u64(SLICE("-1"), &value));
    cr_expect_not(number_parse_u64(SLICE("1844674407370955161x"), &value));
}

static void expect_round_trip(int64_t value)
{
    char expected[32], text[NUMBER_I64_MAX];
    size_t expected_len = (size_t)snprintf(expected, sizeof(expected), "%" PRId64, value);
    size_t len = number_format_i64(text, value);
    cr_assert(slice_equal(slice_of(text, len), slice_of(expected, expected_len)), "%s reads %.*s", expected,
              (int)len, text);
    cr_assert_eq(number_length_i64(value), len, "the length of %s", expected);

    int64_t back;
    cr_assert(number_parse_i64(slice_of(text, len), &back));
    cr_assert_eq(back, value);
}

Test(number, every_power_of_ten_and_two_and_its_neighbours_survive_a_round_trip)
{
    for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10)
        for (int64_t step = -1; step <= 1; step++) {
            expect_round_trip((int64_t)(power + (uint64_t)step));
            expect_round_trip((int64_t)(0 - power + (uint64_t)step));
        }
    for (unsigned bit = 0; bit < 64; bit++)
        for (int64_t step = -1; step <= 1; step++)
            expect_round_trip((int64_t)((1ULL << bit) + (uint64_t)step));
}

Test(number, random_integers_survive_a_round_trip)
{
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = (uint64_t)(unsigned)rand_r(&seed) << 42 ^ (uint64_t)(unsigned)rand_r(&seed) << 21 ^
                        (uint64_t)(unsigned)rand_r(&seed);
        expect_round_trip((int64_t)(bits >> (rand_r(&seed) & 63)));
    }
}

Test(number, the_largest_unsigned_integer_is_written_whole)
{
    char text[NUMBER_I64_MAX];
    size_t len = number_format_u64(text, UINT64_MAX);
    cr_expect(slice_equal(slice_of(text, len), SLICE("18446744073709551615")));
}

static void expect_double(const char *text, double expected)
{
    double value;
    cr_expect(number_parse_double(slice_of_cstr(text), &value), "'%s' is a double", text);
    cr_expect(value == expected, "'%s' is %.17g, not %.17g", text, expected, value);
    long double wide;
    cr_expect(number_parse_long_double(slice_of_cstr(text), &wide), "'%s' is a long double", text);
}

Test(number, doubles_take_every_form_that_the_c_library_reads)
{
    expect_double("0", 0);
    expect_double("-0", 0);
    expect_double("+1.5", 1.5);
    expect_double("1e3", 1000);
    expect_double(".5", 0.5);
    expect_double("5.", 5);
    expect_double("0x1p3", 8);
    expect_double("007", 7);
    expect_double("inf", INFINITY);
    expect_double("-Infinity", -INFINITY);
    expect_double("4e-320", 4e-320);
    expect_double("0.1", 0.1);
    expect_double("-93.25", -93.25);
    expect_double("0.00000000000001", 1e-14);
    expect_double("999999999999999", 999999999999999);
    expect_double("9007199254740993", 9007199254740992);
    expect_double("123456789.012345678", 123456789.012345678);
}

Test(number, what_is_no_number_or_out_of_range_is_refused)
{
    static const char *const texts[] = {
        "", " 1", "1 ", "\t1", "1x", "abc", "nan", "-NaN", "1e", "--1", "1,5"
    };
    double value;
    long double wide;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cr_expect_not(number_parse_double(slice_of_cstr(texts[i]), &value), "'%s'", texts[i]);
        cr_expect_not(number_parse_long_double(slice_of_cstr(texts[i]), &wide), "'%s'", texts[i]);
    }
    cr_expect_not(number_parse_double(SLICE("1\0"), &value));
    cr_expect_not(number_parse_double(SLICE("1e400"), &value));
    cr_expect_not(number_parse_double(SLICE("1e-400"), &value));
    cr_expect_not(number_parse_long_double(SLICE("1e5000"), &wide));
    cr_expect_not(number_parse_long_double(SLICE("-1e-5000"), &wide));
    cr_expect(number_parse_long_double(SLICE("1e400"), &wide));
}

Test(number, short_doubles_are_read_as_by_the_c_library)
{
    unsigned seed = 1;
    for (int i = 0; i < 100000; i++) {
        char text[64];
        int decimals = rand_r(&seed) % 16;
        int len = snprintf(text, sizeof text, "%.*f", decimals,
                           rand_r(&seed) / (1.0 + rand_r(&seed) % 100000) - 500);
        double value;
        cr_assert(number_parse_double(slice_of(text, (size_t)len), &value));
        cr_assert_eq(value, strtod(text, NULL), "%s", text);
    }
}

Test(number, a_text_longer_than_any_double_is_refused)
{
    static char text[NUMBER_DOUBLE_MAX + 1];
    double value;
    memset(text, '1', sizeof(text));
    text[1] = '.';
    cr_expect(number_parse_double(slice_of(text, NUMBER_DOUBLE_MAX - 1), &value));
    cr_expect_not(number_parse_double(slice_of(text, NUMBER_DOUBLE_MAX), &value));
}

static void expect_long_double_text(long double value, const char *expected)
{
    char text[NUMBER_DOUBLE_MAX];
    size_t len = number_format_long_double(text, value);
    cr_expect(slice_equal(slice_of(text, len), slice_of_cstr(expected)), "%s reads %.*s", expected, (int)len,
              text);
}

Test(number, long_doubles_are_written_as_incrbyfloat_does)
{
    expect_long_double_text(0, "0");
    expect_long_double_text(-0.0L, "0");
    expect_long_double_text(-1e-30L, "0");
    expect_long_double_text(10.6L, "10.6");
    expect_long_double_text(3.0L, "3");
    expect_long_double_text(100, "100");
    expect_long_double_text(5e3L, "5000");
    expect_long_double_text(-2.5L, "-2.5");
    expect_long_double_text(1e17L, "100000000000000000");
    expect_long_double_text(1e-17L, "0.00000000000000001");
    expect_long_double_text(0.1L + 0.2L, "0.3");
    expect_long_double_text((long double)INFINITY, "inf");
    expect_long_double_text((long double)-INFINITY, "-inf");
}

Test(number, the_longest_long_double_fits)
{
    char text[NUMBER_DOUBLE_MAX];
    cr_expect_eq(number_format_long_double(text, -__LDBL_MAX__), 4934);
}

static void expect_size(const char *text, uint64_t expected)
{
    uint64_t bytes;
    cr_expect(number_parse_size(slice_of_cstr(text), &bytes), "'%s' is a size", text);
    cr_expect_eq(bytes, expected, "'%s'", text);
}

Test(number, sizes_have_units_of_a_thousand_and_of_1024)
{
    expect_size("0", 0);
    expect_size("100", 100);
    expect_size("100b", 100);
    expect_size("1k", 1000);
    expect_size("1kb", 1024);
    expect_size("2M", 2000000);
    expect_size("2Mb", 2 << 20);
    expect_size("3g", 3000000000);
    expect_size("3GB", 3ULL << 30);
    expect_size("010kb", 10240);
    expect_size("", 0);
    expect_size("18446744073709551615", UINT64_MAX);
    expect_size("18446744073709551616", UINT64_MAX);
    expect_size("99999999999999999999999", UINT64_MAX);
    expect_size("18446744073709551615kb", UINT64_MAX);
}

Test(number, what_is_no_size_is_refused)
{
    static const char *const texts[] = { "-1", "1tb", "1 kb", "1.5mb", " 1", "1bb" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        uint64_t bytes = 42;
        cr_expect_not(number_parse_size(slice_of_cstr(texts[i]), &bytes), "'%s'", texts[i]);
        cr_expect_eq(bytes, 42);
    }
}
