/*
 * http_reply.h - reads a reply in RESP2 that a command of ours gave, element by element.
 *
 * Large values are not in the reply's text but stand elsewhere, pinned, as in any reply (proto/reply.h).
 *
 * Threads: the loop's.
 */
#ifndef SERVER_HTTP_HTTP_REPLY_H
#define SERVER_HTTP_HTTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "proto/reply.h"

struct http_reply {
    struct slice text;
    size_t at;
    struct reply_values *values; /* NULL: all of it is in the text */
    size_t next_value;
};

enum http_element_type {
    ELEMENT_NONE, /* there is no more, or what is there cannot be read */
    ELEMENT_STATUS,
    ELEMENT_ERROR,
    ELEMENT_INT,
    ELEMENT_BULK,
    ELEMENT_NULL,
    ELEMENT_ARRAY,
};

struct http_element {
    enum http_element_type type;
    struct slice text;
    int64_t integer;            /* an integer; how many elements an array has */
    struct reply_value *pinned; /* what `text` is; NULL: it is in the reply */
};

struct http_element http_reply_next(struct http_reply *reply);

#endif
