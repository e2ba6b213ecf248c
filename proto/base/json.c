#include "proto/base/json.h"

#include "proto/base/number.h"
#include "proto/base/utf8.h"

/* Nothing stands between a bracket, a colon or a comma and what comes next. */
static void set_off(struct buffer *out)
{
    char last = out->len > 0 ? out->data[out->len - 1] : '[';
    if (last != '{' && last != '[' && last != ':' && last != ',') buffer_append(out, ",", 1);
}

void json_open(struct buffer *out, char bracket)
{
    set_off(out);
    buffer_append(out, &bracket, 1);
}

void json_close(struct buffer *out, char bracket)
{
    buffer_append(out, &bracket, 1);
}

void json_raw(struct buffer *out, struct slice text)
{
    set_off(out);
    buffer_append(out, text.data, text.len);
}

void json_name(struct buffer *out, const char *name)
{
    set_off(out);
    buffer_append(out, "\"", 1);
    buffer_append(out, name, strlen(name));
    buffer_append(out, "\":", 2);
}

void json_u64(struct buffer *out, uint64_t value)
{
    set_off(out);
    buffer_commit(out, number_format_u64(buffer_reserve(out, NUMBER_I64_MAX), value));
}

void json_i64(struct buffer *out, int64_t value)
{
    set_off(out);
    buffer_commit(out, number_format_i64(buffer_reserve(out, NUMBER_I64_MAX), value));
}

void json_thousandth(struct buffer *out, uint64_t value)
{
    set_off(out);
    buffer_printf(out, "%llu.%03u", (unsigned long long)(value / 1000), (unsigned)(value % 1000));
}

void json_null(struct buffer *out)
{
    json_raw(out, SLICE("null"));
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void write_escape(struct buffer *out, unsigned char byte)
{
    if (byte == '"')
        buffer_append(out, "\\\"", 2);
    else if (byte == '\\')
        buffer_append(out, "\\\\", 2);
    else if (byte <= 0x7f)
        buffer_printf(out, "\\u%04x", byte);
    else
        buffer_printf(out, "\\\\x%02x", byte);
}

void json_text(struct buffer *out, struct slice text)
{
    set_off(out);
    buffer_append(out, "\"", 1);
    for (size_t at = 0; at < text.len;) {
        size_t plain = at;
        while (plain < text.len && is_plain((unsigned char)text.data[plain])) plain++;
        buffer_append(out, text.data + at, plain - at);
        at = plain;
        if (at == text.len) break;
        size_t len = utf8_character_len(text.data + at, text.len - at);
        if (len > 1)
            buffer_append(out, text.data + at, len);
        else
            write_escape(out, (unsigned char)text.data[at]);
        at += len > 1 ? len : 1;
    }
    buffer_append(out, "\"", 1);
}

static size_t digits_at(struct slice text, size_t at)
{
    size_t start = at;
    while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9') at++;
    return at - start;
}

/* -12.50, as JSON writes numbers: without leading zeros. */
static bool is_number(struct slice text)
{
    size_t at = text.len > 0 && text.data[0] == '-' ? 1 : 0;
    size_t whole = digits_at(text, at);
    if (whole == 0 || (whole > 1 && text.data[at] == '0')) return false;
    at += whole;
    if (at == text.len) return true;
    if (text.data[at] != '.') return false;
    size_t fraction = digits_at(text, at + 1);
    return fraction > 0 && at + 1 + fraction == text.len;
}

void json_number_or_text(struct buffer *out, struct slice text)
{
    if (is_number(text))
        json_raw(out, text);
    else
        json_text(out, text);
}
