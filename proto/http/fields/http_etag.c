#include "proto/http/fields/http_etag.h"

#include "proto/http/fields/http_chars.h"

static char *put_hex(char *at, uint64_t number)
{
    for (int shift = 60; shift >= 0; shift -= 4) *at++ = "0123456789abcdef"[number >> shift & 15];
    return at;
}

struct http_etag http_etag_of(uint64_t high, uint64_t low)
{
    struct http_etag etag;
    char *at = etag.text;
    *at++ = '"';
    at = put_hex(at, high);
    at = put_hex(at, low);
    *at = '"';
    return etag;
}

/* A tag at the start of `rest`, which is moved behind it; false: there is none. */
static bool take_tag(struct slice *rest, struct slice *tag, bool *weak)
{
    *weak = rest->len > 2 && memcmp(rest->data, "W/", 2) == 0;
    const char *from = rest->data + (*weak ? 2 : 0);
    size_t left = rest->len - (size_t)(from - rest->data);
    if (left < 2 || *from != '"') return false;
    const char *end = memchr(from + 1, '"', left - 1);
    if (end == NULL) return false;
    *tag = slice_of(from, (size_t)(end + 1 - from));
    *rest = slice_of(end + 1, left - tag->len);
    return true;
}

/* Up to the next element; false: something else stands there. */
static bool pass_comma(struct slice *rest)
{
    *rest = http_trim(*rest);
    if (rest->len == 0) return true;
    if (*rest->data != ',') return false;
    while (rest->len > 0 && (*rest->data == ',' || http_is_blank(*rest->data)))
        *rest = slice_of(rest->data + 1, rest->len - 1);
    return true;
}

bool http_etag_matches(struct slice list, struct slice etag, enum http_comparison comparison)
{
    struct slice rest = http_trim(list), tag;
    bool weak;
    if (slice_equal(rest, SLICE("*"))) return true;
    while (rest.len > 0 && take_tag(&rest, &tag, &weak)) {
        bool counts = comparison == HTTP_COMPARE_WEAK || !weak;
        if (counts && slice_equal(tag, etag)) return true;
        if (!pass_comma(&rest)) return false;
    }
    return false;
}
