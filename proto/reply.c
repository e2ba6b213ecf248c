#include "proto/reply.h"

#include <stdarg.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/bytes.h"
#include "proto/base/contract.h"
#include "proto/base/number.h"

/* A type byte, a number and a line end. */
enum { HEADER_MAX = 1 + NUMBER_I64_MAX + 2 };

static inline char *put_crlf(char *at)
{
    memcpy(at, "\r\n", 2);
    return at + 2;
}

/* Most lengths and many numbers, ready to be copied as one word. */
#define LINE(n) n "\r\n"
#define TEN_LINES(of)                                                                                        \
    LINE(of "0"), LINE(of "1"), LINE(of "2"), LINE(of "3"), LINE(of "4"), LINE(of "5"), LINE(of "6"),        \
        LINE(of "7"), LINE(of "8"), LINE(of "9")
static const char short_lines[100][4] = {
    TEN_LINES(""),  TEN_LINES("1"), TEN_LINES("2"), TEN_LINES("3"), TEN_LINES("4"),
    TEN_LINES("5"), TEN_LINES("6"), TEN_LINES("7"), TEN_LINES("8"), TEN_LINES("9"),
};

static inline char *put_header(char *at, char type, int64_t number)
{
    *at++ = type;
    if ((uint64_t)number >= 100) return put_crlf(at + number_format_i64(at, number));
    memcpy(at, short_lines[number], sizeof short_lines[number]);
    return at + (number < 10 ? 3 : 4);
}

static inline void append_header(struct reply *reply, char type, int64_t number)
{
    char *start = buffer_reserve(reply->out, HEADER_MAX);
    buffer_commit(reply->out, (size_t)(put_header(start, type, number) - start));
}

/* A line that never changes. Inlined, so that the copy is a store or two. */
static inline void append_fixed(struct reply *reply, struct slice line)
{
    buffer_append(reply->out, line.data, line.len);
}

/* `type`, the text as it is, and a line end. */
static void append_line(struct reply *reply, char type, struct slice text)
{
    char *at = buffer_reserve(reply->out, text.len + 3);
    *at++ = type;
    if (text.len > 0) memcpy(at, text.data, text.len);
    put_crlf(at + text.len);
    buffer_commit(reply->out, text.len + 3);
}

void reply_ok(struct reply *reply)
{
    append_fixed(reply, SLICE("+OK\r\n"));
}

void reply_status(struct reply *reply, struct slice text)
{
    append_line(reply, '+', text);
}

static void begin_error(struct reply *reply)
{
    reply->errors++;
    reply->error_at = reply->out->len;
    buffer_append(reply->out, "-", 1);
}

/* Ends the line that began at `error_at`. As in Redis, line ends at its end are dropped and others become
 * spaces. */
static void end_error(struct reply *reply)
{
    struct buffer *out = reply->out;
    if (buffer_is_full(out)) return;
    char *end = out->data + out->len;
    while (end[-1] == '\r' || end[-1] == '\n') end--;
    for (char *at = out->data + reply->error_at; at < end; at++)
        if (*at == '\r' || *at == '\n') *at = ' ';
    out->len = (size_t)(end - out->data);
    buffer_append(out, "\r\n", 2);
}

void reply_error(struct reply *reply, struct slice text)
{
    begin_error(reply);
    buffer_append(reply->out, text.data, text.len);
    end_error(reply);
}

void reply_errorf(struct reply *reply, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    begin_error(reply);
    buffer_vprintf(reply->out, format, args);
    end_error(reply);
    va_end(args);
}

void reply_int(struct reply *reply, int64_t value)
{
    append_header(reply, ':', value);
}

/* `len` bytes behind `type` and their length, for the caller to fill. */
static inline char *append_blob(struct reply *reply, char type, size_t len)
{
    char *start = buffer_reserve(reply->out, HEADER_MAX + len + 2);
    char *text = put_header(start, type, (int64_t)len);
    buffer_commit(reply->out, (size_t)(put_crlf(text + len) - start));
    return text;
}

char *reply_bulk_space(struct reply *reply, size_t len)
{
    return append_blob(reply, '$', len);
}

void reply_bulk(struct reply *reply, struct slice value)
{
    bytes_copy(append_blob(reply, '$', value.len), value.data, value.len);
}

void reply_bulk_framed(struct reply *reply, const struct reply_frame *frame, struct slice value)
{
    size_t most = sizeof frame->before + HEADER_MAX + value.len + 2 + sizeof frame->behind;
    char *start = buffer_reserve(reply->out, most);
    memcpy(start, frame->before, sizeof frame->before);
    char *text = put_header(start + frame->before_len, '$', (int64_t)value.len);
    bytes_copy(text, value.data, value.len);
    char *end = put_crlf(text + value.len);
    memcpy(end, frame->behind, sizeof frame->behind);
    buffer_commit(reply->out, (size_t)(end - start) + frame->behind_len);
}

static struct reply_value *add_value(struct reply_values *values)
{
    ARRAY_RESERVE(values->items, values->len, values->cap, 4);
    return &values->items[values->len++];
}

bool reply_bulk_in_place(struct reply *reply, struct slice value, void *holder)
{
    struct buffer *out = reply->out;
    struct reply_values *values = reply->values;
    append_header(reply, '$', (int64_t)value.len);
    if (out->limit > 0 && out->len + values->bytes + value.len > out->limit) buffer_fill(out);
    if (buffer_is_full(out)) return false;
    *add_value(values) = (struct reply_value){ .at = out->len, .text = value, .holder = holder };
    values->bytes += value.len;
    append_fixed(reply, SLICE("\r\n"));
    return true;
}

void reply_bulk_int(struct reply *reply, int64_t value)
{
    char digits[NUMBER_I64_MAX];
    reply_bulk(reply, slice_of(digits, number_format_i64(digits, value)));
}

void reply_bulk_cstr(struct reply *reply, const char *text)
{
    reply_bulk(reply, slice_of_cstr(text));
}

/* Puts a header in front of what was written since `mark`. Moving that is cheaper than guessing how
 * many digits the count will have, and exact. */
static void insert_header(struct reply *reply, struct reply_mark mark, char type, size_t count)
{
    struct buffer *out = reply->out;
    if (buffer_is_full(out)) return;
    REQUIRE(mark.at <= out->len);
    char header[HEADER_MAX];
    size_t header_len = (size_t)(put_header(header, type, (int64_t)count) - header);

    buffer_reserve(out, header_len);
    char *start = out->data + mark.at;
    memmove(start + header_len, start, out->len - mark.at);
    memcpy(start, header, header_len);
    buffer_commit(out, header_len);
    if (reply->errors > 0 && reply->error_at >= mark.at) reply->error_at += header_len;
    size_t values = reply->values != NULL ? reply->values->len : 0;
    for (size_t i = values; i-- > 0 && reply->values->items[i].at >= mark.at;)
        reply->values->items[i].at += header_len;
}

void reply_bulkf(struct reply *reply, const char *format, ...)
{
    struct reply_mark mark = { reply->out->len };
    va_list args;
    va_start(args, format);
    buffer_vprintf(reply->out, format, args);
    va_end(args);
    insert_header(reply, mark, '$', reply->out->len - mark.at);
    buffer_append(reply->out, "\r\n", 2);
}

void reply_null(struct reply *reply)
{
    if (reply->protocol == 2)
        append_fixed(reply, SLICE("$-1\r\n"));
    else
        append_fixed(reply, SLICE("_\r\n"));
}

void reply_null_array(struct reply *reply)
{
    if (reply->protocol == 2)
        append_fixed(reply, SLICE("*-1\r\n"));
    else
        append_fixed(reply, SLICE("_\r\n"));
}

void reply_bool(struct reply *reply, bool value)
{
    if (reply->protocol == 2)
        append_fixed(reply, value ? SLICE(":1\r\n") : SLICE(":0\r\n"));
    else
        append_fixed(reply, value ? SLICE("#t\r\n") : SLICE("#f\r\n"));
}

static void append_double(struct reply *reply, struct slice digits)
{
    if (reply->protocol == 2)
        reply_bulk(reply, digits);
    else
        append_line(reply, ',', digits);
}

void reply_double(struct reply *reply, double value)
{
    char text[NUMBER_DOUBLE_MAX];
    size_t len = reply->seventeen ? number_format_seventeen(text, value) : number_format_double(text, value);
    append_double(reply, slice_of(text, len));
}

void reply_long_double(struct reply *reply, long double value)
{
    char text[NUMBER_DOUBLE_MAX];
    append_double(reply, slice_of(text, number_format_long_double(text, value)));
}

void reply_big_number(struct reply *reply, struct slice digits)
{
    if (reply->protocol == 2)
        reply_bulk(reply, digits);
    else
        append_line(reply, '(', digits);
}

void reply_verbatim(struct reply *reply, const char format[3], struct slice text)
{
    if (reply->protocol == 2) {
        reply_bulk(reply, text);
        return;
    }
    char *at = append_blob(reply, '=', text.len + 4);
    memcpy(at, format, 3);
    at[3] = ':';
    if (text.len > 0) memcpy(at + 4, text.data, text.len);
}

void reply_begun(struct reply *reply, struct slice bytes)
{
    buffer_append(reply->out, bytes.data, bytes.len);
}

void reply_array(struct reply *reply, size_t len)
{
    append_header(reply, '*', (int64_t)len);
}

void reply_set(struct reply *reply, size_t len)
{
    append_header(reply, reply->protocol == 2 ? '*' : '~', (int64_t)len);
}

void reply_map(struct reply *reply, size_t pairs)
{
    if (reply->protocol == 2)
        append_header(reply, '*', (int64_t)pairs * 2);
    else
        append_header(reply, '%', (int64_t)pairs);
}

void reply_push(struct reply *reply, size_t len)
{
    append_header(reply, reply->protocol == 2 ? '*' : '>', (int64_t)len);
}

bool reply_attribute(struct reply *reply, size_t pairs)
{
    if (reply->protocol == 2) return false;
    append_header(reply, '|', (int64_t)pairs);
    return true;
}

struct reply_mark reply_open(struct reply *reply)
{
    reply->opened = true;
    return reply_open_counted(reply);
}

struct reply_mark reply_open_counted(struct reply *reply)
{
    return (struct reply_mark){ reply->out->len };
}

void reply_close_array(struct reply *reply, struct reply_mark mark, size_t len)
{
    insert_header(reply, mark, '*', len);
}

void reply_close_set(struct reply *reply, struct reply_mark mark, size_t len)
{
    insert_header(reply, mark, reply->protocol == 2 ? '*' : '~', len);
}

void reply_close_map(struct reply *reply, struct reply_mark mark, size_t pairs)
{
    if (reply->protocol == 2)
        insert_header(reply, mark, '*', pairs * 2);
    else
        insert_header(reply, mark, '%', pairs);
}
