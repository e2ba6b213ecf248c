/*
 * http_etag.h - entity tags, and lists of them in conditions (RFC 9110, 8.8.3 and 13.1).
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_ETAG_H
#define PROTO_HTTP_FIELDS_HTTP_ETAG_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* Ours: 32 hexadecimal digits between quotes, without a terminator. */
#define HTTP_ETAG_LEN 34

struct http_etag {
    char text[HTTP_ETAG_LEN];
};

struct http_etag http_etag_of(uint64_t high, uint64_t low);

static inline struct slice http_etag_text(const struct http_etag *etag)
{
    return slice_of(etag->text, sizeof(etag->text));
}

enum http_comparison { HTTP_COMPARE_WEAK, HTTP_COMPARE_STRONG };

/* Is one of the tags in `list` the same as `etag`, or `list` a `*`? To the strong comparison W/"x" is like
 * nothing. What cannot be read is like nothing either. */
bool http_etag_matches(struct slice list, struct slice etag, enum http_comparison comparison);

#endif
