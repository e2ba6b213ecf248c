#include "proto/reply_reader.h"

#include <criterion/criterion.h>
#include <math.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/reply.h"

static void describe(struct buffer *out, const struct reply_element *element)
{
    static const char *const names[] = {
        [REPLY_STATUS] = "status",     [REPLY_ERROR] = "error",
        [REPLY_INT] = "int",           [REPLY_BULK] = "bulk",
        [REPLY_NULL] = "null",         [REPLY_DOUBLE] = "double",
        [REPLY_BOOL] = "bool",         [REPLY_BIG_NUMBER] = "big",
        [REPLY_VERBATIM] = "verbatim", [REPLY_ARRAY] = "array",
        [REPLY_SET] = "set",           [REPLY_MAP] = "map",
        [REPLY_PUSH] = "push",         [REPLY_ATTRIBUTE] = "attribute",
    };
    buffer_printf(out, "%s", names[element->type]);
    switch (element->type) {
    case REPLY_NULL: buffer_printf(out, "(%c)", (char)element->integer); break;
    case REPLY_BOOL:
    case REPLY_INT: buffer_printf(out, "(%lld)", (long long)element->integer); break;
    case REPLY_DOUBLE: buffer_printf(out, "(%g)", element->real); break;
    case REPLY_ARRAY:
    case REPLY_SET:
    case REPLY_MAP:
    case REPLY_PUSH:
    case REPLY_ATTRIBUTE: buffer_printf(out, "(%lld)", (long long)element->len); break;
    case REPLY_VERBATIM: buffer_printf(out, "(%.3s ", element->format); break;
    default: buffer_append(out, "(", 1); break;
    }
    if (element->type == REPLY_DOUBLE || element->text.data == NULL || element->type == REPLY_INT ||
        element->type == REPLY_BOOL)
        return;
    buffer_append(out, element->text.data, element->text.len);
    buffer_append(out, ")", 1);
}

/* Reads what of `len` bytes is complete, each time from a block of exactly the size that is there; a
 * semicolon follows every whole reply. */
static size_t read_some(struct reply_reader *reader, const char *data, size_t len, struct buffer *transcript,
                        bool *broken)
{
    size_t at = 0;
    while (!*broken) {
        char *copy = alloc_bytes(len - at);
        memcpy(copy, data + at, len - at);
        struct reply_element element;
        size_t consumed = 0;
        enum reader_status status = reply_reader_next(reader, slice_of(copy, len - at), &element, &consumed);
        if (status == READER_READY) {
            describe(transcript, &element);
            if (reply_reader_at_end(reader)) buffer_append(transcript, ";", 1);
        }
        alloc_free(copy);
        if (status == READER_MORE) {
            cr_assert_gt(reader->wanted, len - at, "waits for what is there already");
            break;
        }
        *broken = status == READER_BROKEN;
        at += consumed;
    }
    return at;
}

static void expect_cut(struct slice stream, struct slice expected, const size_t *cuts, size_t count)
{
    struct reply_reader reader = { 0 };
    struct buffer transcript = { 0 };
    bool broken = false;
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        at += read_some(&reader, stream.data + at, cuts[i] - at, &transcript, &broken);
    if (broken) buffer_append(&transcript, "!", 1);
    cr_assert(slice_equal(buffer_slice(&transcript), expected), "%.*s\ninstead of %.*s", (int)transcript.len,
              transcript.data, (int)expected.len, expected.data);
    buffer_clear(&transcript);
}

static void expect_at_every_split(struct slice stream, struct slice expected)
{
    size_t *each = alloc_bytes(stream.len * sizeof(*each));
    for (size_t cut = 0; cut < stream.len; cut++) {
        each[cut] = cut + 1;
        expect_cut(stream, expected, (const size_t[]){ cut, stream.len }, 2);
    }
    expect_cut(stream, expected, each, stream.len);
    alloc_free(each);
}

#define READS(stream, expected) expect_at_every_split(SLICE(stream), SLICE(expected))

Test(reply_reader, lines_and_strings)
{
    READS("+OK\r\n", "status(OK);");
    READS("-ERR no\r\n+\r\n", "error(ERR no);status();");
    READS(":-42\r\n", "int(-42);");
    READS("$5\r\na\r\nbc\r\n$0\r\n\r\n", "bulk(a\r\nbc);bulk();");
    READS("!6\r\nERR no\r\n", "error(ERR no);");
    READS("=8\r\ntxt:abcd\r\n", "verbatim(txt abcd);");
}

Test(reply_reader, nulls_say_which_they_are)
{
    READS("$-1\r\n*-1\r\n_\r\n", "null($);null(*);null(_);");
}

Test(reply_reader, numbers_of_resp3)
{
    READS(",1.5\r\n,-inf\r\n,10\r\n,1e+17\r\n", "double(1.5);double(-inf);double(10);double(1e+17);");
    READS(",nan\r\n", "double(nan);");
    READS("#t\r\n#f\r\n", "bool(1);bool(0);");
    READS("(-12345678901234567890\r\n", "big(-12345678901234567890);");
}

Test(reply_reader, an_aggregate_ends_with_its_last_element)
{
    READS("*0\r\n+x\r\n", "array(0);status(x);");
    READS("*2\r\n*1\r\n:1\r\n:2\r\n:3\r\n", "array(2)array(1)int(1)int(2);int(3);");
    READS("%2\r\n+a\r\n~1\r\n:1\r\n+b\r\n%0\r\n", "map(2)status(a)set(1)int(1)status(b)map(0);");
    READS(">2\r\n+x\r\n:1\r\n", "push(2)status(x)int(1);");
    READS("*2\r\n*1\r\n*1\r\n*0\r\n_\r\n", "array(2)array(1)array(1)array(0)null(_);");
}

Test(reply_reader, an_attribute_is_part_of_the_reply_it_precedes)
{
    READS("|1\r\n+ttl\r\n:1\r\n$1\r\nv\r\n:2\r\n", "attribute(1)status(ttl)int(1)bulk(v);int(2);");
    READS("*2\r\n|1\r\n+a\r\n:1\r\n:1\r\n:2\r\n:3\r\n",
          "array(2)attribute(1)status(a)int(1)int(1)int(2);int(3);");
    READS("*1\r\n|1\r\n+a\r\n*1\r\n:1\r\n*1\r\n:2\r\n:3\r\n",
          "array(1)attribute(1)status(a)array(1)int(1)array(1)int(2);int(3);");
    READS("|0\r\n+x\r\n", "attribute(0)status(x);");
}

Test(reply_reader, what_is_no_resp_is_refused)
{
    READS("hello\r\n", "!");
    READS("+OK\r\nx", "status(OK);!");
    READS("+OK\rx", "!");
    READS(":\r\n", "!");
    READS(":1x\r\n", "!");
    READS("$-2\r\n", "!");
    READS("$x\r\n", "!");
    READS("$1\r\nabc", "!");
    READS("$536870913\r\n", "!");
    READS("*-2\r\n", "!");
    READS("~-1\r\n", "!");
    READS("*9223372036854775807\r\n", "!");
    READS("!-1\r\n", "!");
    READS("=3\r\ntxt\r\n", "!");
    READS("=4\r\ntxt-\r\n", "!");
    READS("_x\r\n", "!");
    READS("#x\r\n", "!");
    READS("(\r\n", "!");
    READS("(-\r\n", "!");
    READS("(12a\r\n", "!");
    READS(",\r\n", "!");
    READS(",1x\r\n", "!");
}

Test(reply_reader, nesting_has_a_limit)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t consumed;
    for (int i = 0; i < REPLY_READER_DEPTH; i++)
        cr_assert_eq(reply_reader_next(&reader, SLICE("*1\r\n"), &element, &consumed), READER_READY);
    cr_expect_eq(reply_reader_next(&reader, SLICE("*1\r\n"), &element, &consumed), READER_BROKEN);
}

/* B22 */
Test(reply_reader, skipping_knows_no_limit_of_nesting)
{
    struct reply_reader reader = { 0 };
    struct buffer stream = { 0 };
    size_t consumed;
    for (int i = 0; i < 1000000; i++) buffer_append(&stream, "*2\r\n:1\r\n", 8);
    buffer_append(&stream, "%0\r\n+OK\r\n", 9);
    cr_expect_eq(reply_reader_skip(&reader, buffer_slice(&stream), &consumed), READER_READY);
    cr_expect_eq(consumed, stream.len - 5);
    buffer_clear(&stream);
}

Test(reply_reader, more_elements_than_can_be_counted_are_no_reply)
{
    struct reply_reader reader = { 0 };
    struct slice stream = SLICE("*2305843009213693951\r\n*2305843009213693951\r\n");
    size_t consumed;
    cr_expect_eq(reply_reader_skip(&reader, stream, &consumed), READER_BROKEN);
}

Test(reply_reader, a_limit_on_strings_may_be_set)
{
    struct reply_reader reader = { .bulk_limit = 3 };
    struct reply_element element;
    size_t consumed;
    cr_expect_eq(reply_reader_next(&reader, SLICE("$3\r\nabc\r\n"), &element, &consumed), READER_READY);
    cr_expect_eq(reply_reader_next(&reader, SLICE("$4\r\n"), &element, &consumed), READER_BROKEN);
}

Test(reply_reader, wanted_says_where_a_string_under_way_will_end)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t consumed;
    cr_expect_eq(reply_reader_next(&reader, SLICE("$1000\r\nab"), &element, &consumed), READER_MORE);
    cr_expect_eq(reader.wanted, 7 + 1000 + 2);
}

/* Starting over at every byte would be some 10^13 steps. */
Test(reply_reader, skipping_is_linear_in_the_bytes_whatever_the_pieces, .timeout = 20)
{
    struct reply_reader reader = { 0 };
    struct buffer stream = { 0 };
    size_t consumed = 0;
    enum reader_status status = READER_MORE;

    buffer_printf(&stream, "*1000000\r\n");
    for (int i = 0; i < 1000000; i++) buffer_append(&stream, "$1\r\nx\r\n", 7);
    for (size_t len = 1; len <= stream.len; len++) {
        cr_assert_eq(status, READER_MORE);
        status = reply_reader_skip(&reader, slice_of(stream.data, len), &consumed);
    }
    cr_expect_eq(status, READER_READY);
    cr_expect_eq(consumed, stream.len);
    buffer_clear(&stream);
}

Test(reply_reader, skips_one_whole_reply_at_a_time)
{
    struct reply_reader reader = { 0 };
    struct slice stream = SLICE("*2\r\n%1\r\n+a\r\n_\r\n:1\r\n+OK\r\n|1\r\n+a\r\n+b\r\n:5\r\n");
    size_t consumed;

    cr_expect_eq(reply_reader_skip(&reader, stream, &consumed), READER_READY);
    cr_expect_eq(consumed, 19);
    stream = slice_of(stream.data + consumed, stream.len - consumed);
    cr_expect_eq(reply_reader_skip(&reader, stream, &consumed), READER_READY);
    cr_expect_eq(consumed, 5);
    stream = slice_of(stream.data + consumed, stream.len - consumed);
    cr_expect_eq(reply_reader_skip(&reader, stream, &consumed), READER_READY);
    cr_expect_eq(consumed, stream.len);
    cr_expect_eq(reply_reader_skip(&reader, SLICE("*1\r\n?"), &consumed), READER_BROKEN);
}

Test(reply_reader, reads_back_all_that_the_writer_writes)
{
    struct buffer out = { 0 };
    struct reply reply = { .out = &out, .protocol = 3 };
    reply_map(&reply, 2);
    reply_bulk(&reply, SLICE("k"));
    reply_double(&reply, 0.1);
    reply_verbatim(&reply, "txt", SLICE("v"));
    reply_push(&reply, 2);
    reply_bool(&reply, true);
    reply_big_number(&reply, SLICE("123"));
    reply_error(&reply, SLICE("ERR x"));
    reply_null(&reply);
    expect_at_every_split(
        buffer_slice(&out),
        SLICE("map(2)bulk(k)double(0.1)verbatim(txt v)push(2)bool(1)big(123);error(ERR x);null(_);"));
    buffer_clear(&out);
}
