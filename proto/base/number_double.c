#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"

/* A double is digits * 10^exponent; the digits neither begin nor end with 0. */
struct decimal {
    uint64_t digits;
    int exponent;
};

enum { DIGITS_MAX = 17, MANTISSA_BITS = 53 };

static const uint64_t powers_of_five[] = {
    1ULL,
    5ULL,
    25ULL,
    125ULL,
    625ULL,
    3125ULL,
    15625ULL,
    78125ULL,
    390625ULL,
    1953125ULL,
    9765625ULL,
    48828125ULL,
    244140625ULL,
    1220703125ULL,
    6103515625ULL,
    30517578125ULL,
    152587890625ULL,
    762939453125ULL,
    3814697265625ULL,
    19073486328125ULL,
    95367431640625ULL,
    476837158203125ULL,
    2384185791015625ULL,
    11920928955078125ULL,
    59604644775390625ULL,
    298023223876953125ULL,
    1490116119384765625ULL,
    7450580596923828125ULL,
};
enum { SCALE_MAX = sizeof powers_of_five / sizeof *powers_of_five - 1 };

static struct decimal without_zeros(struct decimal decimal)
{
    while (decimal.digits % 10 == 0) {
        decimal.digits /= 10;
        decimal.exponent++;
    }
    return decimal;
}

/* `mantissa` * 2^`exponent` times 10^`scale`, of which `low_bits` bits stand behind the point. */
struct scaled {
    unsigned __int128 value;
    uint64_t half_ulp; /* half the distance to the next double, one bit further behind the point */
    int scale;
    int low_bits;
};

static struct scaled scaled_by(uint64_t mantissa, int exponent, int scale)
{
    return (struct scaled){ (unsigned __int128)mantissa * powers_of_five[scale], powers_of_five[scale], scale,
                            -(scale + exponent) };
}

/* The multiple of `unit` that is nearest to the value, if it reads back as the value. Everything is counted
 * in quarters of the last bit, so that half the distance to the next double below a power of two, which is
 * only half as far away, is a whole number. */
static bool round_to(const struct scaled *scaled, uint64_t mantissa, uint64_t unit, uint64_t *rounded)
{
    int bits = scaled->low_bits + 2;
    unsigned __int128 value = scaled->value << 2, step = (unsigned __int128)unit << bits;
    uint64_t whole = (uint64_t)(value >> bits) / unit;
    unsigned __int128 below = value - step * whole, above = step - below;
    uint64_t margin_up = 2 * scaled->half_ulp;
    uint64_t margin_down = mantissa == 1ULL << (MANTISSA_BITS - 1) ? scaled->half_ulp : margin_up;
    /* A double with an even mantissa takes the middle between it and the next. */
    uint64_t closed = mantissa % 2 == 0;
    bool down = below < margin_down + closed, up = above < margin_up + closed;
    *rounded = (whole + (up && (!down || above < below))) * unit;
    return down || up;
}

enum { EXPONENT_BIAS = 1023 };

/* The logarithm of 2^exponent to base ten, rounded down. */
static int log10_of(int exponent)
{
    return (int)((int64_t)exponent * 1292913986 >> 32);
}

/* Exactly, in 128 bits, for what is not whole and not tiny: the shortest digits that read back. */
static bool convert_exactly(double value, struct decimal *decimal)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t hidden = UINT64_C(1) << (MANTISSA_BITS - 1), mantissa = (bits & (hidden - 1)) | hidden;
    int exponent = (int)(bits >> (MANTISSA_BITS - 1)) - EXPONENT_BIAS - (MANTISSA_BITS - 1);
    int scale = DIGITS_MAX - 1 - log10_of(exponent + MANTISSA_BITS - 1);
    if (exponent >= 0 || scale > SCALE_MAX) return false;

    struct scaled scaled = scaled_by(mantissa, exponent, scale);
    if ((uint64_t)(scaled.value >> scaled.low_bits) >= 100000000000000000ULL)
        scaled = scaled_by(mantissa, exponent, scale - 1);
    uint64_t unit = 100;
    while (!round_to(&scaled, mantissa, unit, &decimal->digits)) unit /= 10;
    decimal->exponent = -scaled.scale;
    return true;
}

/* What is very small or very large is tried with more and more digits. */
static void convert_by_trial(double value, struct decimal *decimal)
{
    /* Fifteen digits are never more than it takes, but for a number that has lost some of its own. */
    for (int digits = value < DBL_MIN ? 1 : 15;; digits++) {
        char text[32], *end;
        snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (digits < DIGITS_MAX && strtod(text, NULL) != value) continue;

        decimal->digits = 0;
        for (end = text; *end != 'e'; end++)
            if (*end != '.') decimal->digits = decimal->digits * 10 + (uint64_t)(*end - '0');
        decimal->exponent = (int)strtol(end + 1, NULL, 10) - (digits - 1);
        return;
    }
}

static char *put(char *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

static char *put_zeros(char *at, size_t count)
{
    memset(at, '0', count);
    return at + count;
}

static char *put_with_point(char *at, const char *digits, int len, int before_point)
{
    if (before_point > 0) {
        at = put(at, digits, (size_t)before_point);
        *at++ = '.';
        return put(at, digits + before_point, (size_t)(len - before_point));
    }
    at = put_zeros(put(at, "0.", 2), (size_t)-before_point);
    return put(at, digits, (size_t)len);
}

static char *put_with_exponent(char *at, const char *digits, int len, int exponent)
{
    *at++ = digits[0];
    if (len > 1) {
        *at++ = '.';
        at = put(at, digits + 1, (size_t)len - 1);
    }
    *at++ = 'e';
    if (exponent >= 0) *at++ = '+';
    return at + number_format_i64(at, exponent);
}

/* Where Redis puts the point, and when it writes an exponent. */
static char *put_decimal(char *at, struct decimal decimal)
{
    char digits[NUMBER_I64_MAX];
    int len = (int)number_format_u64(digits, decimal.digits);
    int first = decimal.exponent + len - 1; /* of the first digit */
    if (decimal.exponent >= 0 && first < len + 7)
        return put_zeros(put(at, digits, (size_t)len), (size_t)decimal.exponent);
    if (decimal.exponent < 0 && (decimal.exponent > -7 || abs(first) < 4))
        return put_with_point(at, digits, len, first + 1);
    return put_with_exponent(at, digits, len, first);
}

size_t number_format_double(char out[NUMBER_DOUBLE_MAX], double value)
{
    char *at = out;
    if (isnan(value)) return (size_t)(put(at, "nan", 3) - out);
    if (signbit(value)) *at++ = '-';
    value = fabs(value);
    if (isinf(value)) return (size_t)(put(at, "inf", 3) - out);
    /* Half of what an int64 holds, as in Redis. */
    if (value <= 0x1p62 && value == (double)(int64_t)value)
        return (size_t)(at - out) + number_format_u64(at, (uint64_t)value);

    struct decimal decimal;
    if (!convert_exactly(value, &decimal)) convert_by_trial(value, &decimal);
    return (size_t)(put_decimal(at, without_zeros(decimal)) - out);
}

size_t number_format_seventeen(char out[NUMBER_DOUBLE_MAX], double value)
{
    return (size_t)snprintf(out, NUMBER_DOUBLE_MAX, "%.17g", value);
}
