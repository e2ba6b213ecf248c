#include "bench/load/replies.h"

#include <string.h>

static void end_reply(struct replies *replies)
{
    if (replies->push) {
        replies->push = false;
        return;
    }
    replies->done++;
    replies->errors += replies->kind == '-' || replies->kind == '!';
    if (replies->kinds != NULL && replies->kinds_len < replies->kinds_cap)
        replies->kinds[replies->kinds_len++] = replies->kind;
}

static void end_element(struct replies *replies)
{
    if (--replies->open == 0) end_reply(replies);
}

static void keep_error(struct replies *replies, const char *text, size_t len)
{
    if (replies->first_error[0] != '\0') return;
    size_t kept = len < sizeof replies->first_error - 1 ? len : sizeof replies->first_error - 1;
    memcpy(replies->first_error, text, kept);
    replies->first_error[kept] = '\0';
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

/* One header line, `len` bytes before its CR LF. */
static bool feed_line(struct replies *replies, const char *line, size_t len)
{
    if (len == 0) return false;
    char type = line[0];
    replies->first = replies->open == 0;
    if (replies->first) {
        replies->open = 1;
        replies->kind = type;
    }
    switch (type) {
    case '-': keep_error(replies, line + 1, len - 1); /* fall through */
    case '+':
    case ':':
    case ',':
    case '#':
    case '(': end_element(replies); return true;
    case '_': null_element(replies); return true;
    default: break;
    }

    int64_t number = header_number(line + 1, len - 1);
    if (number == INT64_MIN) return false;
    bool string = type == '$' || type == '=' || type == '!';
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

/* Pass over what is there of a string's body; returns the bytes taken. */
static size_t feed_body(struct replies *replies, size_t len)
{
    size_t taken = replies->body < len ? replies->body : len;
    replies->body -= taken;
    if (replies->body == 0) end_element(replies);
    return taken;
}

/* Up to and with the line's LF, together with what was kept of it; returns the bytes taken, 0 for no RESP. */
static size_t feed_header(struct replies *replies, const char *data, size_t len)
{
    const char *lf = memchr(data, '\n', len);
    size_t taken = lf != NULL ? (size_t)(lf - data) + 1 : len;
    const char *line = data;
    size_t line_len = taken;
    if (replies->line_len > 0 || lf == NULL) {
        if (replies->line_len + taken > sizeof replies->line) return 0;
        memcpy(replies->line + replies->line_len, data, taken);
        replies->line_len += taken;
        if (lf == NULL) return taken;
        line = replies->line;
        line_len = replies->line_len;
        replies->line_len = 0;
    }
    if (line_len < 2 || line[line_len - 2] != '\r') return 0;
    return feed_line(replies, line, line_len - 2) ? taken : 0;
}

bool replies_feed(struct replies *replies, const char *data, size_t len)
{
    while (len > 0) {
        size_t taken = replies->body > 0 ? feed_body(replies, len) : feed_header(replies, data, len);
        if (taken == 0) return false;
        data += taken;
        len -= taken;
    }
    return true;
}
