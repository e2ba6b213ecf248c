#include "proto/http/http_json.h"

#include <stdint.h>

#include "proto/http/fields/http_chars.h"

static bool fail(struct http_json *json)
{
    json->broken = true;
    return false;
}

char http_json_peek(struct http_json *json)
{
    while (json->at < json->text.len && json->text.data[json->at] != '\0' &&
           strchr(" \t\r\n", json->text.data[json->at]) != NULL)
        json->at++;
    return !json->broken && json->at < json->text.len ? json->text.data[json->at] : '\0';
}

bool http_json_take(struct http_json *json, char c)
{
    if (http_json_peek(json) != c || c == '\0') return false;
    json->at++;
    return true;
}

static void append_utf8(struct buffer *out, uint32_t point)
{
    char bytes[4];
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
    for (size_t i = len; i-- > 1; point >>= 6) bytes[i] = (char)(0x80 | (point & 0x3f));
    bytes[0] = (char)(first[len] | point);
    buffer_append(out, bytes, len);
}

static bool read_unit(struct http_json *json, uint32_t *unit)
{
    if (json->text.len - json->at < 4) return false;
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = http_hex_digit(json->text.data[json->at++]);
        if (digit < 0) return false;
        *unit = *unit << 4 | (uint32_t)digit;
    }
    return true;
}

/* Behind "\u": halves of a pair alone are no character. */
static bool read_point(struct http_json *json, struct buffer *out)
{
    uint32_t unit, low;
    if (!read_unit(json, &unit)) return false;
    if (unit >= 0xdc00 && unit <= 0xdfff) return false;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        bool follows = json->text.len - json->at >= 2 && memcmp(json->text.data + json->at, "\\u", 2) == 0;
        json->at += follows ? 2 : 0;
        if (!follows || !read_unit(json, &low) || low < 0xdc00 || low > 0xdfff) return false;
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, unit);
    return true;
}

static bool read_escape(struct http_json *json, struct buffer *out)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (json->at == json->text.len) return false;
    char c = json->text.data[json->at++];
    if (c == 'u') return read_point(json, out);
    const char *name = c != '\0' ? strchr(names, c) : NULL;
    if (name == NULL) return false;
    buffer_append(out, &meanings[name - names], 1);
    return true;
}

bool http_json_string(struct http_json *json, struct buffer *out, size_t *at, size_t *len)
{
    *at = out->len;
    if (!http_json_take(json, '"')) return fail(json);
    while (json->at < json->text.len) {
        char c = json->text.data[json->at++];
        *len = out->len - *at;
        if (c == '"') return true;
        if ((unsigned char)c < ' ') return fail(json);
        if (c != '\\')
            buffer_append(out, &c, 1);
        else if (!read_escape(json, out))
            return fail(json);
    }
    return fail(json);
}

static bool take_word(struct http_json *json, struct slice word)
{
    bool same =
        json->text.len - json->at >= word.len && memcmp(json->text.data + json->at, word.data, word.len) == 0;
    json->at += same ? word.len : 0;
    return same;
}

bool http_json_bool(struct http_json *json, bool *value)
{
    http_json_peek(json);
    *value = take_word(json, SLICE("true"));
    return *value || take_word(json, SLICE("false")) || fail(json);
}

bool http_json_is_over(struct http_json *json)
{
    return http_json_peek(json) == '\0' && json->at == json->text.len && !json->broken;
}
