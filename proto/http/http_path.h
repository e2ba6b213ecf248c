/*
 * http_path.h - the target of a request, as bytes.
 *
 * Percent signs are decoded once, and what comes out is bytes: no path is made of it, so a slash is a slash,
 * two dots are two dots, and %00 is a byte like any other.
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_HTTP_PATH_H
#define PROTO_HTTP_HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

/* What is before the question mark, and behind it: without an address where there is none. */
void http_path_split(struct slice target, struct slice *path, struct slice *query);

/* `to` has room for as many bytes as `text`. False: a percent sign without two digits behind it. */
bool http_path_decode(struct slice text, char *to, size_t *len);

#endif
