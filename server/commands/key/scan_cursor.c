#include "server/commands/key/scan_cursor.h"

#include <stddef.h>

bool scan_cursor_parse(struct slice text, uint64_t *cursor)
{
    size_t at = 0;
    bool negative = text.len > 0 && text.data[0] == '-';
    if (negative || (text.len > 0 && text.data[0] == '+')) at++;

    size_t first_digit = at;
    uint64_t value = 0;
    for (; at < text.len && text.data[at] >= '0' && text.data[at] <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_add_overflow(value, text.data[at] - '0', &value)) return false;
    }
    bool ends = at == text.len || text.data[at] == '\0';
    if (!ends || (at == first_digit && at > 0)) return false;
    *cursor = negative ? -value : value;
    return true;
}
