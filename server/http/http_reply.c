#include "server/http/http_reply.h"

#include "proto/base/number.h"

static bool take_line(struct http_reply *reply, struct slice *line)
{
    const char *from = reply->text.data + reply->at;
    size_t left = reply->text.len - reply->at;
    const char *end = left > 0 ? memchr(from, '\r', left) : NULL;
    if (end == NULL || (size_t)(end - from) + 2 > left) return false;
    *line = slice_of(from, (size_t)(end - from));
    reply->at += line->len + 2;
    return true;
}

static struct reply_value *pinned_here(const struct http_reply *reply)
{
    const struct reply_values *values = reply->values;
    if (values == NULL || reply->next_value >= values->len) return NULL;
    struct reply_value *value = &values->items[reply->next_value];
    return value->at == reply->at ? value : NULL;
}

static struct http_element read_bulk(struct http_reply *reply, int64_t len)
{
    struct http_element element = { .type = ELEMENT_BULK, .pinned = pinned_here(reply) };
    if (len < 0) return (struct http_element){ .type = ELEMENT_NULL };
    if (element.pinned != NULL) {
        element.text = element.pinned->text;
        reply->next_value++;
        reply->at += 2;
        return element;
    }
    if ((uint64_t)len + 2 > reply->text.len - reply->at) return (struct http_element){ 0 };
    element.text = slice_of(reply->text.data + reply->at, (size_t)len);
    reply->at += (size_t)len + 2;
    return element;
}

struct http_element http_reply_next(struct http_reply *reply)
{
    struct slice line;
    int64_t number = 0;
    if (!take_line(reply, &line) || line.len == 0) return (struct http_element){ 0 };
    struct slice rest = slice_of(line.data + 1, line.len - 1);
    bool is_number = number_parse_i64(rest, &number);
    switch (line.data[0]) {
    case '+': return (struct http_element){ .type = ELEMENT_STATUS, .text = rest };
    case '-': return (struct http_element){ .type = ELEMENT_ERROR, .text = rest };
    case ':':
        return (struct http_element){ .type = is_number ? ELEMENT_INT : ELEMENT_NONE, .integer = number };
    case '$': return is_number ? read_bulk(reply, number) : (struct http_element){ 0 };
    case '*':
        if (is_number && number < 0) return (struct http_element){ .type = ELEMENT_NULL };
        return (struct http_element){ .type = is_number ? ELEMENT_ARRAY : ELEMENT_NONE, .integer = number };
    default: return (struct http_element){ 0 };
    }
}
