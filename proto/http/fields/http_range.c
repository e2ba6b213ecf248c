#include "proto/http/fields/http_range.h"

#include <stdbool.h>
#include <stdint.h>

#include "proto/http/fields/http_chars.h"

/* Digits at the start; what does not fit is as good as the largest number. False: there are none. */
static bool take_number(struct slice *rest, size_t *number)
{
    size_t digits = 0, value = 0;
    for (; digits < rest->len && http_is_digit(rest->data[digits]); digits++) {
        size_t digit = (size_t)(rest->data[digits] - '0');
        value = value > (SIZE_MAX - digit) / 10 ? SIZE_MAX : value * 10 + digit;
    }
    *rest = slice_of(rest->data + digits, rest->len - digits);
    *number = value;
    return digits > 0;
}

static enum http_range read_suffix(struct slice rest, size_t len, size_t *first, size_t *last)
{
    size_t wanted;
    if (!take_number(&rest, &wanted) || rest.len > 0) return HTTP_RANGE_WHOLE;
    if (wanted == 0 || len == 0) return HTTP_RANGE_OUTSIDE;
    *first = wanted < len ? len - wanted : 0;
    *last = len - 1;
    return HTTP_RANGE_PART;
}

enum http_range http_range_read(struct slice text, size_t len, size_t *first, size_t *last)
{
    if (text.len < 6 || !slice_equal_nocase(slice_of(text.data, 6), SLICE("bytes="))) return HTTP_RANGE_WHOLE;
    struct slice rest = http_trim(slice_of(text.data + 6, text.len - 6));
    if (rest.len > 0 && rest.data[0] == '-')
        return read_suffix(slice_of(rest.data + 1, rest.len - 1), len, first, last);

    bool read = take_number(&rest, first) && rest.len > 0 && rest.data[0] == '-';
    if (!read) return HTTP_RANGE_WHOLE;
    rest = slice_of(rest.data + 1, rest.len - 1);
    bool has_last = take_number(&rest, last);
    if (rest.len > 0 || (has_last && *last < *first)) return HTTP_RANGE_WHOLE;
    if (*first >= len) return HTTP_RANGE_OUTSIDE;
    if (!has_last || *last >= len) *last = len - 1;
    return HTTP_RANGE_PART;
}
