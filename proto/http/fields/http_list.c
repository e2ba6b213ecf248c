#include "proto/http/fields/http_list.h"

#include "proto/http/fields/http_chars.h"

/* Where the element ends; a quote that is never closed reaches to the end. */
static size_t element_length(struct slice rest)
{
    bool quoted = false;
    size_t i = 0;
    for (; i < rest.len; i++) {
        char c = rest.data[i];
        if (c == '"') quoted = !quoted;
        if (quoted && c == '\\') i++;
        if (!quoted && c == ',') break;
    }
    return i < rest.len ? i : rest.len;
}

bool http_list_next(struct slice *rest, struct slice *element)
{
    while (rest->len > 0) {
        size_t len = element_length(*rest);
        size_t passed = len < rest->len ? len + 1 : len;
        *element = http_trim(slice_of(rest->data, len));
        *rest = slice_of(rest->data + passed, rest->len - passed);
        if (element->len > 0) return true;
    }
    return false;
}

bool http_list_next_word(struct slice *rest, struct slice *element)
{
    while (rest->len > 0 && http_is_blank(rest->data[0])) *rest = slice_of(rest->data + 1, rest->len - 1);
    size_t len = 0;
    while (len < rest->len && !http_is_blank(rest->data[len])) len++;
    *element = slice_of(rest->data, len);
    *rest = slice_of(rest->data + len, rest->len - len);
    return len > 0;
}

void http_list_split(struct slice element, struct slice *name, struct slice *value)
{
    const char *equals = memchr(element.data, '=', element.len);
    size_t len = equals != NULL ? (size_t)(equals - element.data) : element.len;
    *name = http_trim(slice_of(element.data, len));
    *value = (struct slice){ 0 };
    if (equals == NULL) return;
    struct slice text = http_trim(slice_of(equals + 1, element.len - len - 1));
    bool quoted = text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"';
    *value = quoted ? slice_of(text.data + 1, text.len - 2) : text;
}
