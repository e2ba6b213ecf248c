/*
 * http_range.h - which part of a value is asked for (RFC 9110, 14).
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_RANGE_H
#define PROTO_HTTP_FIELDS_HTTP_RANGE_H

#include <stddef.h>

#include "proto/base/slice.h"

enum http_range {
    HTTP_RANGE_WHOLE,   /* all of it: no range, several, or one that is none */
    HTTP_RANGE_PART,    /* bytes from `first` to `last` */
    HTTP_RANGE_OUTSIDE, /* nothing of it is there: 416 */
};

/* Of a value of `len` bytes. */
enum http_range http_range_read(struct slice text, size_t len, size_t *first, size_t *last);

#endif
