#include "proto/reply.h"

#include <criterion/criterion.h>
#include <math.h>

#include "proto/base/alloc.h"

/* `write` is a statement on `r`. */
#define WRITES(version, expected, write)                                                                     \
    do {                                                                                                     \
        struct buffer out = { 0 };                                                                           \
        struct reply reply = { .out = &out, .protocol = version };                                           \
        struct reply *r = &reply;                                                                            \
        write;                                                                                               \
        cr_expect(slice_equal(buffer_slice(&out), SLICE(expected)), "RESP%d %s: %.*s", version, #write,      \
                  (int)out.len, out.data);                                                                   \
        buffer_clear(&out);                                                                                  \
    } while (0)

#define WRITES_BOTH(expected, write)                                                                         \
    do {                                                                                                     \
        WRITES(2, expected, write);                                                                          \
        WRITES(3, expected, write);                                                                          \
    } while (0)

Test(reply, status_lines)
{
    WRITES_BOTH("+OK\r\n", reply_ok(r));
    WRITES_BOTH("+PONG\r\n", reply_status(r, SLICE("PONG")));
    WRITES_BOTH("+\r\n", reply_status(r, SLICE("")));
}

Test(reply, integers)
{
    WRITES_BOTH(":0\r\n", reply_int(r, 0));
    WRITES_BOTH(":9\r\n", reply_int(r, 9));
    WRITES_BOTH(":10\r\n", reply_int(r, 10));
    WRITES_BOTH(":-1\r\n", reply_int(r, -1));
    WRITES_BOTH(":9223372036854775807\r\n", reply_int(r, INT64_MAX));
    WRITES_BOTH(":-9223372036854775808\r\n", reply_int(r, INT64_MIN));
}

Test(reply, bulk_strings)
{
    WRITES_BOTH("$0\r\n\r\n", reply_bulk(r, SLICE("")));
    WRITES_BOTH("$0\r\n\r\n", reply_bulk(r, slice_of(NULL, 0)));
    WRITES_BOTH("$5\r\na\r\n\0b\r\n", reply_bulk(r, SLICE("a\r\n\0b")));
    WRITES_BOTH("$10\r\n0123456789\r\n", reply_bulk_cstr(r, "0123456789"));
    WRITES_BOTH("$3\r\n-42\r\n", reply_bulk_int(r, -42));
    WRITES_BOTH("$20\r\n-9223372036854775808\r\n", reply_bulk_int(r, INT64_MIN));
    WRITES_BOTH("$4\r\na=11\r\n", reply_bulkf(r, "a=%d", 11));
    WRITES_BOTH("$0\r\n\r\n", reply_bulkf(r, "%s", ""));
    WRITES_BOTH("$2\r\nxy\r\n:1\r\n", memcpy(reply_bulk_space(r, 2), "xy", 2); reply_int(r, 1));
}

Test(reply, nulls)
{
    WRITES(2, "$-1\r\n", reply_null(r));
    WRITES(3, "_\r\n", reply_null(r));
    WRITES(2, "*-1\r\n", reply_null_array(r));
    WRITES(3, "_\r\n", reply_null_array(r));
}

Test(reply, booleans)
{
    WRITES(2, ":1\r\n", reply_bool(r, true));
    WRITES(2, ":0\r\n", reply_bool(r, false));
    WRITES(3, "#t\r\n", reply_bool(r, true));
    WRITES(3, "#f\r\n", reply_bool(r, false));
}

Test(reply, doubles)
{
    WRITES(2, "$3\r\n1.5\r\n", reply_double(r, 1.5));
    WRITES(3, ",1.5\r\n", reply_double(r, 1.5));
    WRITES(2, "$4\r\n-inf\r\n", reply_double(r, -INFINITY));
    WRITES(3, ",inf\r\n", reply_double(r, INFINITY));
    WRITES(3, ",nan\r\n", reply_double(r, NAN));
    WRITES(3, ",10\r\n", reply_double(r, 10));
}

Test(reply, big_numbers)
{
    WRITES(2, "$20\r\n12345678901234567890\r\n", reply_big_number(r, SLICE("12345678901234567890")));
    WRITES(3, "(12345678901234567890\r\n", reply_big_number(r, SLICE("12345678901234567890")));
}

Test(reply, verbatim_strings)
{
    WRITES(2, "$5\r\nHello\r\n", reply_verbatim(r, "txt", SLICE("Hello")));
    WRITES(3, "=9\r\ntxt:Hello\r\n", reply_verbatim(r, "txt", SLICE("Hello")));
    WRITES(3, "=4\r\nmkd:\r\n", reply_verbatim(r, "mkd", SLICE("")));
}

Test(reply, aggregates)
{
    WRITES_BOTH("*0\r\n", reply_array(r, 0));
    WRITES_BOTH("*1234\r\n", reply_array(r, 1234));
    WRITES(2, "*2\r\n", reply_set(r, 2));
    WRITES(3, "~2\r\n", reply_set(r, 2));
    WRITES(2, "*14\r\n", reply_map(r, 7));
    WRITES(3, "%7\r\n", reply_map(r, 7));
    WRITES(2, "*3\r\n", reply_push(r, 3));
    WRITES(3, ">3\r\n", reply_push(r, 3));
}

Test(reply, attributes_are_left_out_of_resp2)
{
    WRITES(2, "", cr_expect_not(reply_attribute(r, 1)));
    WRITES(3, "|1\r\n", cr_expect(reply_attribute(r, 1)));
}

static void write_letters(struct reply *r, int count)
{
    for (int i = 0; i < count; i++) reply_status(r, slice_of(&"abcdefghijklmnop"[i], 1));
}

Test(reply, an_aggregate_may_learn_its_length_at_the_end)
{
    WRITES_BOTH("*0\r\n", struct reply_mark mark = reply_open(r); reply_close_array(r, mark, 0));
    WRITES_BOTH("+OK\r\n*2\r\n+a\r\n+b\r\n", reply_ok(r); struct reply_mark mark = reply_open(r);
                write_letters(r, 2); reply_close_array(r, mark, 2));
    WRITES(2, "*2\r\n+a\r\n+b\r\n", struct reply_mark mark = reply_open(r); write_letters(r, 2);
           reply_close_map(r, mark, 1));
    WRITES(3, "%1\r\n+a\r\n+b\r\n", struct reply_mark mark = reply_open(r); write_letters(r, 2);
           reply_close_map(r, mark, 1));
    WRITES(2, "*1\r\n+a\r\n", struct reply_mark mark = reply_open(r); write_letters(r, 1);
           reply_close_set(r, mark, 1));
    WRITES(3, "~1\r\n+a\r\n", struct reply_mark mark = reply_open(r); write_letters(r, 1);
           reply_close_set(r, mark, 1));
}

Test(reply, open_aggregates_nest)
{
    WRITES(3, "*2\r\n+a\r\n~12\r\n+a\r\n+b\r\n+c\r\n+d\r\n+e\r\n+f\r\n+g\r\n+h\r\n+i\r\n+j\r\n+k\r\n+l\r\n",
           struct reply_mark outer = reply_open(r);
           write_letters(r, 1); struct reply_mark inner = reply_open(r); write_letters(r, 12);
           reply_close_set(r, inner, 12); reply_close_array(r, outer, 2));
}

Test(reply, errors_bring_their_code)
{
    WRITES_BOTH("-ERR syntax error\r\n", reply_error(r, SLICE("ERR syntax error")));
    WRITES_BOTH("-ERR no 'x' 3\r\n", reply_errorf(r, "ERR no '%.*s' %d", 1, "xy", 3));
}

Test(reply, no_argument_can_forge_a_line)
{
    WRITES_BOTH("-ERR unknown 'a  +OK'\r\n", reply_errorf(r, "ERR unknown '%s'", "a\r\n+OK"));
    WRITES_BOTH("-ERR x y\r\n", reply_error(r, SLICE("ERR x\ny\r\n\r\n")));
    WRITES_BOTH("-\r\n", reply_error(r, SLICE("")));
    WRITES_BOTH("-\r\n", reply_error(r, SLICE("\r\n")));
}

Test(reply, errors_are_counted_and_the_latest_is_found_again)
{
    struct buffer out = { 0 };
    struct reply reply = { .out = &out, .protocol = 2 };

    reply_ok(&reply);
    cr_expect_eq(reply.errors, 0);
    reply_error(&reply, SLICE("ERR one"));
    struct reply_mark mark = reply_open(&reply);
    reply_error(&reply, SLICE("ERR two"));
    reply_close_array(&reply, mark, 1);
    cr_expect_eq(reply.errors, 2);
    cr_expect_eq(memcmp(out.data + reply.error_at, "-ERR two\r\n", 10), 0);
    buffer_clear(&out);
}

/* C11: the bytes that are sent are those of a copy, though the value is not copied. */
Test(reply, a_value_may_be_sent_from_where_it_stands)
{
    struct buffer out = { 0 };
    struct reply_values values = { 0 };
    struct reply reply = { .out = &out, .values = &values, .protocol = 2 };
    int holder;

    reply_array(&reply, 2);
    for (int i = 0; i < 100; i++) cr_assert(reply_bulk_in_place(&reply, SLICE("value"), &holder));
    cr_expect_eq(values.len, 100);
    cr_expect_eq(values.bytes, 500);
    size_t at = 4;
    for (int i = 0; i < 100; i++) {
        cr_expect_arr_eq(out.data + at, "$5\r\n\r\n", 6);
        cr_expect_eq(values.items[i].at, at + 4);
        cr_expect_eq(values.items[i].holder, &holder);
        cr_expect(slice_equal(values.items[i].text, SLICE("value")));
        at += 6;
    }
    cr_expect_eq(out.len, at);
    alloc_free(values.items);
    buffer_clear(&out);
}

/* C3 */
Test(reply, no_value_is_taken_that_the_limit_has_no_room_for)
{
    static const char large[600];
    struct buffer out = { .limit = 1000 };
    struct reply_values values = { 0 };
    struct reply reply = { .out = &out, .values = &values, .protocol = 2 };

    cr_expect(reply_bulk_in_place(&reply, slice_of(large, sizeof large), NULL));
    cr_expect_not(reply_bulk_in_place(&reply, slice_of(large, sizeof large), NULL));
    cr_expect(buffer_is_full(&out));
    cr_expect_not(reply_bulk_in_place(&reply, SLICE("x"), NULL), "full remains full");
    cr_expect_eq(values.len, 1);
    cr_expect_eq(values.bytes, sizeof large);
    alloc_free(values.items);
    buffer_clear(&out);
}
