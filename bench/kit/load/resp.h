/*
 * resp.h - requests and replies as Redis has them, RESP2 and RESP3.
 *
 * proto/reply_reader.h is the reader to use where the content of a reply matters.
 *
 * Threads: any; the caller owns the buffer.
 */
#ifndef BENCH_KIT_LOAD_RESP_H
#define BENCH_KIT_LOAD_RESP_H

#include <stddef.h>

#include "bench/kit/load/protocol.h"

/* Append a request: its number of arguments, then each of them. */
void resp_begin(struct buffer *out, size_t argc);
void resp_argument(struct buffer *out, const void *data, size_t len);

extern const struct protocol resp_protocol;

#endif
