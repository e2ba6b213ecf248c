/*
 * http_chunks.h - a body that comes in chunks (RFC 9112, 7.1).
 *
 * To the letter, as http_head_check.h: sizes in hexadecimal, lines end with CR LF. Extensions and trailer
 * fields are passed over, but neither long ones nor many: nobody needs them.
 *
 * Threads: one owner. It owns no memory.
 */
#ifndef PROTO_HTTP_HTTP_CHUNKS_H
#define PROTO_HTTP_HTTP_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

enum http_chunks_state {
    HTTP_CHUNKS_DATA, /* a piece of the body */
    HTTP_CHUNKS_MORE,
    HTTP_CHUNKS_END,
    HTTP_CHUNKS_WRONG,
};

/* All zero is ready for the first byte behind the head. */
struct http_chunks {
    uint64_t left;   /* of the chunk's data */
    size_t trailers; /* bytes of trailer fields so far */
    unsigned part;   /* of what there is in a body */
};

/* Go on at the start of `input`: what comes first there. `*used` bytes are done with, also when there is MORE
 * to come; `*data` is the piece of the body. */
enum http_chunks_state http_chunks_next(struct http_chunks *chunks, struct slice input, size_t *used,
                                        struct slice *data);

#endif
