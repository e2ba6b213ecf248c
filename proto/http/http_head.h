/*
 * http_head.h - what the head of a request says.
 *
 * Read by llhttp, after http_head_check.h has held it to the letter. Texts are offsets from the start of the
 * request, so that its bytes may move. Of header fields those are kept that mean something here.
 *
 * Only what this server can do is let through: HTTP/1.0 and 1.1, one Host (1.0 may do without),
 * Content-Length or chunked and never both, no other coding, no expectation but 100-continue, a target in
 * origin form or `*`.
 *
 * Threads: plain values.
 */
#ifndef PROTO_HTTP_HTTP_HEAD_H
#define PROTO_HTTP_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "proto/http/http_field.h"
#include "proto/http/http_head_check.h"

enum http_method {
    METHOD_OTHER,
    METHOD_GET,
    METHOD_HEAD,
    METHOD_PUT,
    METHOD_POST,
    METHOD_DELETE,
    METHOD_PURGE,
    METHOD_OPTIONS,
};

/* A piece of a request, from its start. */
struct http_text {
    uint32_t at, len;
};

struct http_header {
    enum http_field_name name;
    struct http_text value; /* without blanks at its ends */
};

struct http_head {
    enum http_method method;
    struct http_text target;
    unsigned minor;      /* of the version: HTTP/1.0, HTTP/1.1 */
    unsigned fields_len; /* of those that mean something */
    struct http_header fields[HTTP_FIELDS_MAX];
    uint64_t seen; /* a bit for each name among them */
    bool keeps_alive;
    bool expects_continue;
    bool chunked;
    int64_t content_length; /* -1: it was not said */
};

/* `text` is a whole head. 0, or the status that it is refused with. */
int http_head_read(struct http_head *head, struct slice text);

static inline struct slice http_text_slice(struct http_text text, const char *request)
{
    return slice_of(request + text.at, text.len);
}

static inline bool http_head_has(const struct http_head *head, enum http_field_name name)
{
    return head->seen >> name & 1;
}

/* The value of the first field of that name, without an address: there is none. `request` is where its bytes
 * are. */
struct slice http_head_value(const struct http_head *head, const char *request, enum http_field_name name);
/* The next field of that name from `*at` on, which is moved behind it. False: there is no more. */
bool http_head_each(const struct http_head *head, const char *request, enum http_field_name name,
                    unsigned *at, struct slice *value);

#endif
