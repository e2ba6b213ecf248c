#include "bench/kit/load/resp.h"

#include <stdint.h>
#include <string.h>

#include "bench/kit/load/replies.h"

void resp_begin(struct buffer *out, size_t argc)
{
    buffer_printf(out, "*%zu\r\n", argc);
}

void resp_argument(struct buffer *out, const void *data, size_t len)
{
    buffer_printf(out, "$%zu\r\n", len);
    buffer_append(out, data, len);
    buffer_append(out, "\r\n", strlen("\r\n"));
}

static void write_get(struct buffer *out, struct slice key)
{
    resp_begin(out, 2);
    resp_argument(out, "GET", strlen("GET"));
    resp_argument(out, key.data, key.len);
}

static void write_set(struct buffer *out, struct slice key, struct slice value)
{
    resp_begin(out, 3);
    resp_argument(out, "SET", strlen("SET"));
    resp_argument(out, key.data, key.len);
    resp_argument(out, value.data, value.len);
}

static void end_element(struct replies *replies)
{
    if (--replies->open > 0) return;
    if (!replies->push) replies_end(replies);
    replies->push = false;
}

/* The number of a header; INT64_MIN when there is none. -1 is a null. */
static int64_t header_number(const char *digits, size_t len)
{
    int64_t number = 0;
    if (len == 2 && digits[0] == '-' && digits[1] == '1') return -1;
    if (len == 0 || len > 18) return INT64_MIN;
    for (size_t i = 0; i < len; i++) {
        if (digits[i] < '0' || digits[i] > '9') return INT64_MIN;
        number = number * 10 + (digits[i] - '0');
    }
    return number;
}

static void null_element(struct replies *replies)
{
    replies->nulls++;
    if (replies->first) replies->kind = '_';
    end_element(replies);
}

static bool aggregate(struct replies *replies, char type, int64_t len)
{
    if (len > INT32_MAX) return false;
    if (type == '>' && replies->first) replies->push = true;
    /* An attribute precedes the element it describes, which is still owed. */
    int64_t elements = type == '%' || type == '|' ? 2 * len : len;
    replies->open += elements + (type == '|');
    end_element(replies);
    return true;
}

/* A header that says how long something is. */
static bool take_length(struct replies *replies, char type, int64_t number)
{
    bool string = type == '$' || type == '=' || type == '!';
    if (number == INT64_MIN) return false;
    if (!string && strchr("*%~>|", type) == NULL) return false;
    if (number == -1) {
        null_element(replies);
        return true;
    }
    if (!string) return aggregate(replies, type, number);
    replies->bulk_bytes += (uint64_t)number;
    replies->body = (size_t)number + strlen("\r\n");
    return true;
}

static bool take_line(struct replies *replies, struct slice line)
{
    if (line.len == 0) return false;
    char type = line.data[0];
    replies->first = replies->open == 0;
    if (replies->first) {
        replies->open = 1;
        replies->kind = type;
    }
    switch (type) {
    case '-': replies_keep_error(replies, slice_of(line.data + 1, line.len - 1)); /* fall through */
    case '+':
    case ':':
    case ',':
    case '#':
    case '(': end_element(replies); return true;
    case '_': null_element(replies); return true;
    default: return take_length(replies, type, header_number(line.data + 1, line.len - 1));
    }
}

const struct protocol resp_protocol = {
    .name = "RESP",
    .ping = "*1\r\n$4\r\nPING\r\n", /* not inline: a proxy may not know that form */
    .write_get = write_get,
    .write_set = write_set,
    .take_line = take_line,
    .end_body = end_element,
};
