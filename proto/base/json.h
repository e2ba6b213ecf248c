/*
 * json.h - writes JSON (RFC 8259) to the end of a buffer.
 *
 *     json_open(out, '{');
 *     json_name(out, "keys");
 *     json_u64(out, 3);
 *     json_close(out, '}');
 *
 * Commas come by themselves: whatever follows a value is set off from it. What is written is UTF-8 whatever a
 * text holds: bytes that are none are shown as redis-cli shows them, `\xff`, in four characters.
 *
 * Threads: one owner of the buffer. Errors: none; the buffer grows.
 */
#ifndef PROTO_BASE_JSON_H
#define PROTO_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* `bracket` is '{' or '[', and its counterpart. */
void json_open(struct buffer *out, char bracket);
void json_close(struct buffer *out, char bracket);
/* Of a member, whose value comes next. It needs no escapes. */
void json_name(struct buffer *out, const char *name);

void json_u64(struct buffer *out, uint64_t value);
void json_i64(struct buffer *out, int64_t value);
/* A thousandth of it, as 12.345. */
void json_thousandth(struct buffer *out, uint64_t value);
void json_null(struct buffer *out);
void json_text(struct buffer *out, struct slice text);
/* What is JSON already. */
void json_raw(struct buffer *out, struct slice text);
/* A number if it reads as one, else a text. */
void json_number_or_text(struct buffer *out, struct slice text);

#endif
