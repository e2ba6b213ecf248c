#include "proto/base/bytes.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 80

/* Exactly `len` bytes, or one, so that AddressSanitizer sees whoever reads more. */
static char *draw(size_t len, unsigned seed)
{
    size_t size = len > 0 ? len : 1;
    char *bytes = malloc(size);
    for (size_t i = 0; i < size; i++) bytes[i] = (char)(seed * 31 + i * 7);
    return bytes;
}

Test(bytes, equal_bytes_are_equal_at_every_length)
{
    for (size_t len = 0; len <= LONGEST; len++) {
        char *a = draw(len, 1), *b = draw(len, 1);
        cr_expect(bytes_equal(a, b, len), "%zu bytes", len);
        free(a);
        free(b);
    }
}

Test(bytes, one_byte_that_differs_is_seen_wherever_it_is)
{
    for (size_t len = 1; len <= LONGEST; len++) {
        char *a = draw(len, 1), *b = draw(len, 1);
        for (size_t at = 0; at < len; at++) {
            b[at] ^= 0x40;
            cr_expect_not(bytes_equal(a, b, len), "byte %zu of %zu", at, len);
            b[at] ^= 0x40;
        }
        free(a);
        free(b);
    }
}

Test(bytes, a_copy_has_all_bytes_and_nothing_around_it_is_touched)
{
    for (size_t len = 0; len <= LONGEST; len++) {
        char *from = draw(len, 3), *to = malloc(len + 2);
        memset(to, '#', len + 2);
        bytes_copy(to + 1, from, len);
        cr_expect_arr_eq(to + 1, from, len, "%zu bytes", len);
        cr_expect_eq(to[0], '#');
        cr_expect_eq(to[len + 1], '#');
        free(from);
        free(to);
    }
}

Test(bytes, moves_of_every_length_may_overlap)
{
    for (size_t len = 0; len <= LONGEST; len++) {
        for (size_t by = 0; by <= 9; by++) {
            char *wanted = draw(len + by, 3), *up = draw(len + by, 3), *down = draw(len + by, 3);
            memmove(wanted + by, wanted, len);
            bytes_move(up + by, up, len);
            cr_expect_eq(memcmp(up, wanted, len + by), 0, "%zu bytes up by %zu", len, by);
            free(wanted);
            wanted = draw(len + by, 3);
            memmove(wanted, wanted + by, len);
            bytes_move(down, down + by, len);
            cr_expect_eq(memcmp(down, wanted, len + by), 0, "%zu bytes down by %zu", len, by);
            free(wanted);
            free(up);
            free(down);
        }
    }
}
