#include "storage/dump/encodings/dump_text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "storage/dump/encodings/length.h"

Test(dump_length, takes_as_few_bytes_as_it_needs)
{
    static const struct {
        uint64_t number;
        size_t bytes;
    } lengths[] = {
        { 0, 1 },     { 63, 1 },         { 64, 2 },        { 16383, 2 },
        { 16384, 5 }, { UINT32_MAX, 5 }, { 1LL << 32, 9 }, { UINT64_MAX, 9 },
    };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct buffer out = { 0 };
        length_write(&out, lengths[i].number);
        cr_expect_eq(out.len, lengths[i].bytes);
        struct source source = source_of(buffer_slice(&out));
        cr_expect_eq(length_read(&source), lengths[i].number);
        cr_expect(!source.failed && source_left(&source) == 0);
        buffer_clear(&out);
    }
}

Test(dump_length, is_refused_when_cut_short_or_none)
{
    static const struct slice wrong[] = {
        { "", 0 },     { "\x40", 1 }, { "\x80\0\0\0", 4 }, { "\x81\0\0\0\0\0\0\0", 8 }, { "\x82\0\0\0\0", 5 },
        { "\xc0", 1 }, { "\xbf", 1 },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct source source = source_of(wrong[i]);
        cr_expect_eq(length_read(&source), 0);
        cr_expect(source.failed, "%zu", i);
    }
}

/* The bytes that a text becomes. */
static void expect_written(struct slice text, struct slice bytes)
{
    struct buffer out = { 0 };
    struct atom atom = { .text = text };
    if (number_parse_i64(text, &atom.integer)) atom.text.data = NULL;
    dump_text_write_atom(&out, &atom, DUMP_COMPRESSED);
    cr_expect(slice_equal(buffer_slice(&out), bytes), "%.*s", (int)text.len, text.data);
    buffer_clear(&out);
}

Test(dump_text, is_an_integer_of_one_two_or_four_bytes_where_it_can)
{
    expect_written(SLICE("0"), SLICE("\xc0\0"));
    expect_written(SLICE("-128"), SLICE("\xc0\x80"));
    expect_written(SLICE("128"), SLICE("\xc1\x80\0"));
    expect_written(SLICE("-32769"), SLICE("\xc2\xff\x7f\xff\xff"));
    expect_written(SLICE("2147483647"), SLICE("\xc2\xff\xff\xff\x7f"));
    expect_written(SLICE("2147483648"), SLICE("\x0a"
                                              "2147483648"));
    expect_written(SLICE("007"), SLICE("\x03"
                                       "007"));
}

static void expect_to_return(struct slice text, enum dump_texts how, size_t at_most)
{
    struct buffer out = { 0 }, scratch = { 0 };
    dump_text_write(&out, text, how);
    cr_expect_leq(out.len, at_most);
    struct source source = source_of(buffer_slice(&out));
    cr_expect(slice_equal(dump_text_read_bytes(&source, &scratch), text));
    cr_expect(!source.failed && source_left(&source) == 0);
    buffer_clear(&out);
    buffer_clear(&scratch);
}

Test(dump_text, is_compressed_where_that_saves_four_bytes)
{
    char text[70000];
    memset(text, 'a', sizeof text);
    expect_to_return(slice_of(text, 20), DUMP_COMPRESSED, 21);
    expect_to_return(slice_of(text, 40), DUMP_COMPRESSED, 14);
    expect_to_return(slice_of(text, 40), DUMP_PLAIN, 41);
    expect_to_return(slice_of(text, sizeof text), DUMP_COMPRESSED, 1000);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)rand();
    expect_to_return(slice_of(text, sizeof text), DUMP_COMPRESSED, sizeof text + 5);
}

#define PACKED(literal)                                                                                      \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

Test(dump_text, that_does_not_unpack_is_refused)
{
    static const struct slice wrong[] = {
        PACKED("\303\11(\1aa\340\33\0\1a"),                     /* cut short */
        PACKED("\303\11)\1aa\340\33\0\1aa"),                    /* of another length */
        PACKED("\303\11\201\0\0\0\1\0\0\0\0\1aa\340\33\0\1aa"), /* of one that it cannot have */
        PACKED("\303\4\12\340\33\377\1"),                       /* refers to before its start */
        PACKED("\304"),                                         /* a form that is none */
        PACKED("\5abcd"),                                       /* a plain one, cut short */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct buffer scratch = { 0 };
        struct source source = source_of(wrong[i]);
        dump_text_read(&source, &scratch);
        cr_expect(source.failed, "%zu", i);
        buffer_clear(&scratch);
    }
}
