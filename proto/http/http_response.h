/*
 * http_response.h - writes the head of a response.
 *
 *     http_response_begin(out, 200);
 *     http_response_field(out, SLICE("ETag"), etag);
 *     http_response_end(out);
 *
 * Threads: no state. Errors: none; the buffer grows. No value may hold a control character: whoever has one
 * from somebody else has asked http_is_value() before.
 */
#ifndef PROTO_HTTP_HTTP_RESPONSE_H
#define PROTO_HTTP_HTTP_RESPONSE_H

#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* "HTTP/1.1 200 OK". */
void http_response_begin(struct buffer *out, int status);
void http_response_field(struct buffer *out, struct slice name, struct slice value);
void http_response_number(struct buffer *out, struct slice name, uint64_t value);
void http_response_end(struct buffer *out);

/* What a status is called; "Unknown" of those that this server never sends. */
struct slice http_response_reason(int status);

#endif
