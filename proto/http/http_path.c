#include "proto/http/http_path.h"

#include "proto/http/fields/http_chars.h"

void http_path_split(struct slice target, struct slice *path, struct slice *query)
{
    const char *mark = memchr(target.data, '?', target.len);
    *query = (struct slice){ 0 };
    *path = target;
    if (mark == NULL) return;
    path->len = (size_t)(mark - target.data);
    *query = slice_of(mark + 1, target.len - path->len - 1);
}

bool http_path_decode(struct slice text, char *to, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '%') {
            if (text.len - i < 3) return false;
            int high = http_hex_digit(text.data[i + 1]), low = http_hex_digit(text.data[i + 2]);
            if (high < 0 || low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        to[(*len)++] = c;
    }
    return true;
}
