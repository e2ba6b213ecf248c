#include "server/commands/key/scan_cursor.h"

#include <criterion/criterion.h>

static void expect_cursor(struct slice text, uint64_t expected)
{
    uint64_t cursor;
    cr_assert(scan_cursor_parse(text, &cursor), "'%.*s' is a cursor", (int)text.len, text.data);
    cr_expect_eq(cursor, expected, "'%.*s'", (int)text.len, text.data);
}

Test(scan_cursor, is_read_as_generously_as_by_redis)
{
    expect_cursor(SLICE("0"), 0);
    expect_cursor(SLICE(""), 0);
    expect_cursor(SLICE("17"), 17);
    expect_cursor(SLICE("+17"), 17);
    expect_cursor(SLICE("000000000000000000000000000000000017"), 17);
    expect_cursor(SLICE("-1"), UINT64_MAX);
    expect_cursor(SLICE("18446744073709551615"), UINT64_MAX);
    expect_cursor(SLICE("-18446744073709551615"), 1);
    expect_cursor(SLICE("5\0what follows"), 5);
}

Test(scan_cursor, that_is_no_number_or_does_not_fit_is_refused)
{
    static const char *const texts[] = {
        "-", "+", "--1", "a", "1a", " 1", "1 ", "0x1", "18446744073709551616", "99999999999999999999999"
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        uint64_t cursor;
        cr_expect_not(scan_cursor_parse(slice_of_cstr(texts[i]), &cursor), "'%s'", texts[i]);
    }
}

Test(scan_cursor, walks_shard_after_shard_and_ends_at_0)
{
    uint64_t cursor = scan_cursor_at(0, 6, 4);
    cr_expect_eq(scan_cursor_shard(cursor, 4), 0);
    cr_expect_eq(scan_cursor_place(cursor, 4), 6);

    cursor = scan_cursor_at(0, 0, 4);
    cr_expect_eq(scan_cursor_shard(cursor, 4), 1);
    cr_expect_eq(scan_cursor_place(cursor, 4), 0);

    cr_expect_eq(scan_cursor_at(3, 0, 4), 0);
}
