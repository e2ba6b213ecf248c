/*
 * http_accept.h - how much a reader likes a media type (RFC 9110, 12.5.1).
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_ACCEPT_H
#define PROTO_HTTP_FIELDS_HTTP_ACCEPT_H

#include "proto/base/slice.h"

/* The weight, 0 to 1000, that Accept gives `type` by its own name, in that version where one is said; -1: it
 * does not name it. */
int http_accept_weight(struct slice list, struct slice type, struct slice version);

#endif
