/*
 * http_json.h - reads the one kind of JSON that is asked of this server: an object of strings, lists of
 * strings and truth values (RFC 8259).
 *
 * A cursor that latches its first error: read on, and look at `broken` at the end.
 *
 * Threads: one owner. Texts are written to the caller's buffer, since they may hold escapes.
 */
#ifndef PROTO_HTTP_HTTP_JSON_H
#define PROTO_HTTP_HTTP_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct http_json {
    struct slice text;
    size_t at;
    bool broken;
};

/* The byte that comes next, blanks passed over; 0: none. */
char http_json_peek(struct http_json *json);
/* It is that one, and is passed. */
bool http_json_take(struct http_json *json, char c);
/* A string, appended to `out` in UTF-8; its place there is told. */
bool http_json_string(struct http_json *json, struct buffer *out, size_t *at, size_t *len);
bool http_json_bool(struct http_json *json, bool *value);
/* All of it was read, and it was right. */
bool http_json_is_over(struct http_json *json);

#endif
