#include "proto/base/json.h"

#include "proto/base/number.h"

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

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* How many bytes at the front are one character in UTF-8 (RFC 3629); 0: they are none. */
static size_t character_len(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80) return 1;
    if (at[0] < 0xc2 || at[0] > 0xf4) return 0;
    size_t len = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    if (left < len) return 0;
    for (size_t i = 1; i < len; i++)
        if (!is_continuation(at[i])) return 0;
    bool too_long = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool no_character = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return too_long || no_character ? 0 : len;
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
    const unsigned char *bytes = (const unsigned char *)text.data;
    set_off(out);
    buffer_append(out, "\"", 1);
    for (size_t at = 0; at < text.len;) {
        size_t plain = at;
        while (plain < text.len && is_plain(bytes[plain])) plain++;
        buffer_append(out, bytes + at, plain - at);
        at = plain;
        if (at == text.len) break;
        size_t len = character_len(bytes + at, text.len - at);
        if (len > 1)
            buffer_append(out, bytes + at, len);
        else
            write_escape(out, bytes[at]);
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
