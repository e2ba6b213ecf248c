#include "proto/http/fields/http_chars.h"

bool http_is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!http_is_token_char(text.data[i])) return false;
    return text.len > 0;
}

bool http_is_value(struct slice text)
{
    bool good = true;
    for (size_t i = 0; i < text.len; i++) good &= http_is_value_char(text.data[i]);
    return good;
}

struct slice http_trim(struct slice text)
{
    while (text.len > 0 && http_is_blank(text.data[0])) text = slice_of(text.data + 1, text.len - 1);
    while (text.len > 0 && http_is_blank(text.data[text.len - 1])) text.len--;
    return text;
}
