#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/number.h"
#include "proto/base/random.h"

static void expect_text(double value, const char *expected)
{
    char text[NUMBER_DOUBLE_MAX];
    size_t len = number_format_double(text, value);
    cr_expect(slice_equal(slice_of(text, len), slice_of_cstr(expected)), "%s reads %.*s", expected, (int)len,
              text);
}

Test(number_double, whole_numbers_are_written_as_such)
{
    expect_text(0, "0");
    expect_text(-0.0, "-0");
    expect_text(3, "3");
    expect_text(-17, "-17");
    expect_text(1e16, "10000000000000000");
    expect_text(9007199254740993.0, "9007199254740992");
    expect_text(-9007199254740991.0, "-9007199254740991");
    expect_text(1234567890123456768.0, "1234567890123456768");
    expect_text(0x1p62, "4611686018427387904");
    expect_text(-0x1p62, "-4611686018427387904");
}

Test(number_double, others_have_the_fewest_digits_that_read_back)
{
    expect_text(0.1, "0.1");
    expect_text(-0.1, "-0.1");
    expect_text(3.1, "3.1");
    expect_text(1.0 / 3, "0.3333333333333333");
    expect_text(0.1 + 0.2, "0.30000000000000004");
    expect_text(4503599627370495.5, "4503599627370495.5");
    expect_text(0.5, "0.5");
    expect_text(0x1p-20, "9.5367431640625e-7");
    expect_text(13.361389338970184, "13.361389338970184");
    expect_text(4.9e-324, "5e-324");
    expect_text(2.2250738585072014e-308, "2.2250738585072014e-308");
    expect_text(1.7976931348623157e308, "1.7976931348623157e+308");
}

/* As the Redis of that form does it, exponents that would not shorten much included. */
Test(number_double, an_exponent_comes_where_redis_writes_one)
{
    expect_text(1e-5, "0.00001");
    expect_text(2.5e-5, "0.000025");
    expect_text(1e-6, "0.000001");
    expect_text(1e-7, "1e-7");
    expect_text(0.001234567, "0.001234567");
    expect_text(0.0001234567, "1.234567e-4");
    expect_text(123456.1234567, "1.234561234567e+5");
    expect_text(12345.123456, "12345.123456");
    expect_text(1234.1234567, "1234.1234567");
    expect_text(5e18, "5e+18");
    expect_text(9.2e18, "9.2e+18");
    expect_text(1e20, "1e+20");
    expect_text(123456789012345680000.0, "123456789012345680000");
    expect_text(12345678901234567890.0, "12345678901234567000");
    expect_text(-1e21, "-1e+21");
}

Test(number_double, what_is_no_number_has_a_name)
{
    expect_text(INFINITY, "inf");
    expect_text(-INFINITY, "-inf");
    expect_text(NAN, "nan");
    expect_text(-NAN, "nan");
}

static unsigned digits_of(struct slice text)
{
    unsigned digits = 0, zeros = 0;
    bool begun = false;
    for (size_t i = 0; i < text.len && text.data[i] != 'e'; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') continue;
        begun = begun || text.data[i] != '0';
        if (!begun) continue;
        digits++;
        zeros = text.data[i] == '0' ? zeros + 1 : 0;
    }
    return digits - zeros;
}

/* It reads back, and no shorter text that the C library writes does. */
static void expect_round_trip(double value)
{
    char text[NUMBER_DOUBLE_MAX], other[64];
    size_t len = number_format_double(text, value);
    text[len] = '\0';
    cr_assert(strtod(text, NULL) == value, "%.17g reads %s", value, text);

    unsigned fewest = 1;
    for (; fewest < 17; fewest++) {
        snprintf(other, sizeof other, "%.*e", (int)fewest - 1, value);
        if (strtod(other, NULL) == value) break;
    }
    if (fabs(value) > 0x1p62 || value != (double)(int64_t)value)
        cr_assert_leq(digits_of(slice_of(text, len)), fewest, "%s could be %s", text, other);
}

static double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return isfinite(value) ? value : 1;
}

Test(number_double, any_double_reads_back)
{
    struct random random = { 4711 };
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = random_next(&random);
        expect_round_trip(double_of_bits(bits));
        /* Of the sizes that scores have. */
        expect_round_trip(ldexp((double)(bits >> 11), (int)(bits % 64) - 80));
        expect_round_trip((double)(int64_t)(bits >> 20) / 100);
    }
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double power = ldexp(1, exponent);
        expect_round_trip(power);
        expect_round_trip(nextafter(power, INFINITY));
        expect_round_trip(nextafter(power, 0) > 0 ? nextafter(power, 0) : 1);
    }
}
