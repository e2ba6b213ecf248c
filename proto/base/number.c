#include "proto/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/contract.h"

/* Decimal digits come in pairs, which halves the divisions. */
static const char digit_pairs[] = "00010203040506070809"
                                  "10111213141516171819"
                                  "20212223242526272829"
                                  "30313233343536373839"
                                  "40414243444546474849"
                                  "50515253545556575859"
                                  "60616263646566676869"
                                  "70717273747576777879"
                                  "80818283848586878889"
                                  "90919293949596979899";

static const uint64_t powers_of_ten[] = {
    1ULL,
    10ULL,
    100ULL,
    1000ULL,
    10000ULL,
    100000ULL,
    1000000ULL,
    10000000ULL,
    100000000ULL,
    1000000000ULL,
    10000000000ULL,
    100000000000ULL,
    1000000000000ULL,
    10000000000000ULL,
    100000000000000ULL,
    1000000000000000ULL,
    10000000000000000ULL,
    100000000000000000ULL,
    1000000000000000000ULL,
    10000000000000000000ULL,
};

bool number_parse_u64(struct slice text, uint64_t *value)
{
    if (text.len == 0 || text.len > 20) return false;
    if (text.data[0] == '0' && text.len > 1) return false;

    uint64_t sum = 0;
    /* Nineteen digits always fit; only a twentieth has to be looked at. */
    size_t safe = text.len < 20 ? text.len : 19;
    for (size_t i = 0; i < safe; i++) {
        unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
        if (digit > 9) return false;
        sum = sum * 10 + digit;
    }
    if (text.len == 20) {
        unsigned digit = (unsigned char)text.data[19] - (unsigned)'0';
        if (digit > 9) return false;
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, digit, &sum)) return false;
    }
    *value = sum;
    return true;
}

bool number_parse_i64(struct slice text, int64_t *value)
{
    uint64_t magnitude;
    if (text.len == 0 || text.data[0] != '-') {
        if (!number_parse_u64(text, &magnitude) || magnitude > INT64_MAX) return false;
        *value = (int64_t)magnitude;
        return true;
    }

    struct slice digits = { text.data + 1, text.len - 1 };
    if (!number_parse_u64(digits, &magnitude) || magnitude == 0) return false;
    if (magnitude > (uint64_t)INT64_MAX + 1) return false;
    *value = (int64_t)(0 - magnitude);
    return true;
}

/* A terminated copy of `text` for the C library's parsers, when it is one they may see: they skip leading
 * space and stop at a NUL, both of which make a text no number. */
static bool copy_float(struct slice text, char copy[NUMBER_DOUBLE_MAX])
{
    if (text.len == 0 || text.len >= NUMBER_DOUBLE_MAX) return false;
    if (isspace((unsigned char)text.data[0])) return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return true;
}

/* Of at most this many digits a whole number is a double, exactly, and so is this power of ten: one division
 * then rounds as strtod() would. */
enum { EXACT_DIGITS = 15 };

/* What most numbers are: some digits, perhaps with a sign and a point. False: it is anything else. */
static bool parse_short_decimal(struct slice text, double *value)
{
    bool negative = text.len > 0 && text.data[0] == '-';
    uint64_t digits = 0;
    size_t count = 0, decimals = 0;
    bool pointed = false;
    if (text.len > EXACT_DIGITS + 2) return false;
    for (size_t i = negative; i < text.len; i++) {
        unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
        if (digit > 9) {
            if (text.data[i] != '.' || pointed) return false;
            pointed = true;
            continue;
        }
        digits = digits * 10 + digit;
        decimals += pointed;
        count++;
    }
    if (count == 0 || count > EXACT_DIGITS) return false;
    double magnitude = (double)digits / (double)powers_of_ten[decimals];
    *value = negative ? -magnitude : magnitude;
    return true;
}

/* A result too small for any digit is out of range; one that merely lost some is not. */
bool number_parse_double(struct slice text, double *value)
{
    if (parse_short_decimal(text, value)) return true;
    char copy[NUMBER_DOUBLE_MAX];
    if (!copy_float(text, copy)) return false;

    char *end;
    errno = 0;
    double parsed = strtod(copy, &end);
    if (end != copy + text.len || isnan(parsed)) return false;
    if (errno == ERANGE && (isinf(parsed) || parsed == 0)) return false;
    *value = parsed;
    return true;
}

bool number_parse_long_double(struct slice text, long double *value)
{
    char copy[NUMBER_DOUBLE_MAX];
    if (!copy_float(text, copy)) return false;

    char *end;
    errno = 0;
    long double parsed = strtold(copy, &end);
    if (end != copy + text.len || isnan(parsed)) return false;
    if (errno == ERANGE && (isinf(parsed) || parsed == 0)) return false;
    *value = parsed;
    return true;
}

/* 0: no such unit. */
static uint64_t unit_bytes(struct slice unit)
{
    static const struct {
        struct slice name;
        uint64_t bytes;
    } units[] = {
        { SLICE(""), 1 },           { SLICE("b"), 1 },           { SLICE("k"), 1000 },
        { SLICE("kb"), 1 << 10 },   { SLICE("m"), 1000 * 1000 }, { SLICE("mb"), 1 << 20 },
        { SLICE("g"), 1000000000 }, { SLICE("gb"), 1 << 30 },
    };
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (slice_equal_nocase(unit, units[i].name)) return units[i].bytes;
    return 0;
}

bool number_parse_size(struct slice text, uint64_t *bytes)
{
    uint64_t count = 0;
    size_t digits = 0;
    for (; digits < text.len; digits++) {
        unsigned digit = (unsigned char)text.data[digits] - (unsigned)'0';
        if (digit > 9) break;
        if (__builtin_mul_overflow(count, 10, &count) || __builtin_add_overflow(count, digit, &count))
            count = UINT64_MAX;
    }

    uint64_t unit = unit_bytes(slice_of(text.data + digits, text.len - digits));
    if (unit == 0) return false;
    if (__builtin_mul_overflow(count, unit, &count)) count = UINT64_MAX;
    *bytes = count;
    return true;
}

static size_t length_u64(uint64_t value)
{
    /* bits * log10(2), one too few at most; the table settles it. Zero counts as one digit. */
    size_t guess = (size_t)((64 - __builtin_clzll(value | 1)) * 1233) >> 12;
    return guess + (value >= powers_of_ten[guess < 20 ? guess : 19] ? 1 : 0) + (value == 0);
}

size_t number_length_i64(int64_t value)
{
    if (value < 0) return length_u64(0 - (uint64_t)value) + 1;
    return length_u64((uint64_t)value);
}

size_t number_format_u64(char out[NUMBER_I64_MAX], uint64_t value)
{
    size_t len = length_u64(value);
    char *at = out + len;
    while (value >= 100) {
        at -= 2;
        memcpy(at, digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(out, digit_pairs + value * 2, 2);
    else
        out[0] = (char)('0' + value);
    return len;
}

size_t number_format_i64(char out[NUMBER_I64_MAX], int64_t value)
{
    if (value >= 0) return number_format_u64(out, (uint64_t)value);
    out[0] = '-';
    char digits[NUMBER_I64_MAX];
    size_t len = number_format_u64(digits, 0 - (uint64_t)value);
    memcpy(out + 1, digits, len);
    return len + 1;
}

static size_t format_special(char *out, bool nan, bool negative)
{
    struct slice text = nan ? SLICE("nan") : negative ? SLICE("-inf") : SLICE("inf");
    memcpy(out, text.data, text.len);
    return text.len;
}

size_t number_format_long_double(char out[NUMBER_DOUBLE_MAX], long double value)
{
    if (!isfinite(value)) return format_special(out, isnan(value), value < 0);
    int written = snprintf(out, NUMBER_DOUBLE_MAX, "%.17Lf", value);
    INVARIANT(written > 0 && written < NUMBER_DOUBLE_MAX);

    size_t len = (size_t)written;
    while (out[len - 1] == '0') len--;
    if (out[len - 1] == '.') len--;
    if (!slice_equal(slice_of(out, len), SLICE("-0"))) return len;
    out[0] = '0';
    return 1;
}
