#include "server/upstream/errands/translation.h"

#include <criterion/criterion.h>

#include "proto/reply_reader.h"

static void expect(int from, const char *reply, int to, const char *translated)
{
    struct buffer out = { 0 };
    translation_append(&out, slice_of_cstr(reply), from, to);
    cr_expect(slice_equal(buffer_slice(&out), slice_of_cstr(translated)), "%.*s", (int)out.len, out.data);
    buffer_clear(&out);
}

Test(translation, null_is_written_as_each_version_does)
{
    expect(3, "_\r\n", 2, "$-1\r\n");
    expect(2, "$-1\r\n", 3, "_\r\n");
    expect(3, "*3\r\n$1\r\na\r\n_\r\n_\r\n", 2, "*3\r\n$1\r\na\r\n$-1\r\n$-1\r\n");
    expect(2, "*2\r\n$-1\r\n$4\r\n_\r\n_\r\n", 3, "*2\r\n_\r\n$4\r\n_\r\n_\r\n");
}

Test(translation, everything_else_is_passed_on_byte_for_byte)
{
    static const char *const replies[] = { "+OK\r\n",           "-ERR no\r\n", ":12\r\n",
                                           "$3\r\n_\r\n\r\n",   "$0\r\n\r\n",  "*0\r\n",
                                           "*2\r\n:1\r\n+a\r\n" };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        for (int from = 2; from <= 3; from++)
            for (int to = 2; to <= 3; to++) expect(from, replies[i], to, replies[i]);
}

/* B22 */
Test(translation, what_is_nested_too_deeply_is_an_error)
{
    struct buffer reply = { 0 }, out = { 0 };
    for (int i = 0; i < REPLY_READER_DEPTH + 1; i++) buffer_append(&reply, "*1\r\n", 4);
    buffer_append(&reply, "$-1\r\n", 5);
    translation_append(&out, buffer_slice(&reply), 2, 3);
    cr_expect(slice_equal(buffer_slice(&out),
                          SLICE("-ERR The upstream's reply is nested too deeply to be translated\r\n")));
    buffer_clear(&reply);
    buffer_clear(&out);
}
