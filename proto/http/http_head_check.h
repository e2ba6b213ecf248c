/*
 * http_head_check.h - finds the end of a request's head, and refuses what no two servers read alike.
 *
 * A request that one server takes for one and the next for two is smuggled past whatever stands between
 * them. So a head is held to the letter of RFC 9112 before anything is taken from it: lines end with CR LF
 * and hold neither alone, no control characters, no line that goes on in the next one, no blank before a
 * colon. Where a head breaks this it is refused as soon as that has come, not when it is whole.
 *
 * Threads: one owner.
 */
#ifndef PROTO_HTTP_HTTP_HEAD_CHECK_H
#define PROTO_HTTP_HTTP_HEAD_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

/* What is refused with 414 and 431. */
#define HTTP_LINE_MAX   8192
#define HTTP_HEAD_MAX   16384
#define HTTP_FIELDS_MAX 64

/* All zero is ready for the first byte. */
struct http_head_check {
    size_t line;    /* where the line that is not all there begins */
    size_t scanned; /* bytes known to be right, and to hold no end of a line behind `line` */
    size_t lines;   /* that are there */
};

enum http_head_state { HTTP_HEAD_MORE, HTTP_HEAD_WHOLE, HTTP_HEAD_WRONG };

/* `input` is what has come of a request, from its first byte, the same as before and more. WHOLE: the head,
 * the empty line included, is its first `*len` bytes. WRONG: `*status` is what it is refused with. */
enum http_head_state http_head_check(struct http_head_check *check, struct slice input, size_t *len,
                                     int *status);

#endif
