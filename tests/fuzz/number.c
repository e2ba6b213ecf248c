/*
 * number.c - any bytes, as numbers: what is read is written back as it was, or at least as the same number.
 */
#include "proto/base/number.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Integers have one text each. */
static void check_integers(struct slice text)
{
    char out[NUMBER_I64_MAX];
    int64_t i64;
    if (number_parse_i64(text, &i64)) {
        INVARIANT(slice_equal(text, slice_of(out, number_format_i64(out, i64))));
        INVARIANT(number_length_i64(i64) == text.len);
    }
    uint64_t u64;
    if (number_parse_u64(text, &u64))
        INVARIANT(slice_equal(text, slice_of(out, number_format_u64(out, u64))));
}

/* Seventeen digits name a double exactly. */
static void check_double(struct slice text)
{
    char out[NUMBER_DOUBLE_MAX];
    double value, back;
    if (!number_parse_double(text, &value)) return;
    INVARIANT(number_parse_double(slice_of(out, number_format_double(out, value)), &back));
    INVARIANT(value == back);
}

/* Digits behind the seventeenth place are lost, so only the text of the text stays the same. */
static void check_long_double(struct slice text)
{
    char first[NUMBER_DOUBLE_MAX], second[NUMBER_DOUBLE_MAX];
    long double value;
    if (!number_parse_long_double(text, &value)) return;
    struct slice written = slice_of(first, number_format_long_double(first, value));
    INVARIANT(number_parse_long_double(written, &value));
    INVARIANT(slice_equal(written, slice_of(second, number_format_long_double(second, value))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = alloc_bytes(size);
    if (size > 0) memcpy(copy, data, size);
    struct slice text = slice_of(copy, size);
    uint64_t bytes;
    check_integers(text);
    check_double(text);
    check_long_double(text);
    number_parse_size(text, &bytes);
    alloc_free(copy);
    return 0;
}
