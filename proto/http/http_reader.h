/*
 * http_reader.h - from bytes to a request of HTTP/1.1 or 1.0, without copying one.
 *
 * A request may come in any number of pieces. The caller keeps the bytes (anywhere, they may move), appends
 * what comes and calls again with the same start; each byte is looked at once. A body of known length stays
 * where it is; one in chunks is put together in the reader's `body`.
 *
 * Threads: one owner. Errors: HTTP_READ_REFUSED with the status to be replied; the connection is to be closed
 * then, since nobody knows where the next request begins.
 */
#ifndef PROTO_HTTP_HTTP_READER_H
#define PROTO_HTTP_HTTP_READER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/http/http_chunks.h"
#include "proto/http/http_head.h"

enum http_read {
    HTTP_READ_MORE,    /* the head is not all there */
    HTTP_READ_HEAD,    /* it is, and the body is not: `head` may be judged */
    HTTP_READ_READY,   /* one request is complete: its first `length` bytes */
    HTTP_READ_REFUSED, /* with `status` */
};

/* All zero is ready for the first byte. */
struct http_reader {
    struct http_head_check check;
    struct http_head head;
    size_t head_len; /* 0: it is not all there */
    size_t at;       /* bytes of the request that were understood */
    size_t length;   /* of the request, when it is complete */
    size_t wanted;   /* while it is not: calling again with fewer bytes is useless */
    struct http_chunks chunks;
    struct buffer body; /* of chunks */
    int status;
};

/* `input` begins with the request. `body_max`: bytes of the longest body, its framing included. */
enum http_read http_read(struct http_reader *reader, struct slice input, uint64_t body_max);
/* Be ready for the next request, or for the same from its first byte. */
void http_reader_next(struct http_reader *reader);
/* Give all memory back. */
void http_reader_clear(struct http_reader *reader);

/* Of a request that is complete, in `input` or the reader's memory. */
struct slice http_reader_body(const struct http_reader *reader, const char *input);

#endif
