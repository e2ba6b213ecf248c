/*
 * number.h - numbers as Redis reads and writes them.
 *
 * Parsing is strict, as in Redis: no white space, no plus sign, no leading zeros ("0" itself apart), no "-0";
 * a text that does not parse here is stored as a string there. Formatting gives the texts of Redis 7.2, which
 * clients compare byte for byte: of doubles the shortest that reads back.
 *
 * Threads: no state. The process stays in the C locale; a decimal comma would break every double.
 */
#ifndef PROTO_BASE_NUMBER_H
#define PROTO_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* Room for any int64 and its sign; no terminator is written. */
#define NUMBER_I64_MAX 21
/* Room for any text of number_format_double() and number_format_long_double(). */
#define NUMBER_DOUBLE_MAX 5120

/* False leaves `*value` alone: not a canonical decimal integer, or out of range. */
bool number_parse_i64(struct slice text, int64_t *value);
bool number_parse_u64(struct slice text, uint64_t *value);

/* Does it begin as an integer does? Most texts do not, and that is seen without a call. */
static inline bool number_may_be_i64(struct slice text)
{
    return text.len > 0 && ((unsigned char)(text.data[0] - '0') < 10 || text.data[0] == '-');
}

/* What strtod and strtold make of the whole text, without leading space, trailing bytes, NaN, and results out
 * of range. "inf" in any case and hexadecimal are accepted, as in Redis. Texts of NUMBER_DOUBLE_MAX bytes and
 * more are refused. */
bool number_parse_double(struct slice text, double *value);
bool number_parse_long_double(struct slice text, long double *value);

/* A size with an optional unit: b, k, kb, m, mb, g, gb in any case (k = 1000, kb = 1024). Leading zeros are
 * welcome and no digits at all mean 0, as in Redis; what does not fit is UINT64_MAX. */
bool number_parse_size(struct slice text, uint64_t *bytes);

/* Bytes written to `out`. */
size_t number_format_i64(char out[NUMBER_I64_MAX], int64_t value);
size_t number_format_u64(char out[NUMBER_I64_MAX], uint64_t value);
/* Decimal digits of `value`, sign included: the length of its text, without writing it. */
size_t number_length_i64(int64_t value);
/* As Redis 7.2 writes doubles: a whole number as such, otherwise the fewest digits that read back, with an
 * exponent where that is shorter by far ("3.1", "0.00001", "1e-7", "1e+20"); "inf", "-inf", "nan", "-0". */
size_t number_format_double(char out[NUMBER_DOUBLE_MAX], double value);
/* As Redis before 7.2 does: "%.17g". */
size_t number_format_seventeen(char out[NUMBER_DOUBLE_MAX], double value);
/* As INCRBYFLOAT: %.17Lf without trailing zeros, never an exponent, "-0" becomes "0". */
size_t number_format_long_double(char out[NUMBER_DOUBLE_MAX], long double value);

#endif
