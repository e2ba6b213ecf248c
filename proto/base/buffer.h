/*
 * buffer.h - bytes that grow at the end and are taken from the front.
 *
 * What a reply is written into and what an unfinished request waits in. Growth doubles, so appending
 * is cheap; nothing is ever shrunk behind the owner's back.
 *
 * With a limit it can become full. What is appended from then on is dropped, by whoever appends without
 * knowing it; what was there before stays, and the owner asks buffer_is_full() when it comes to that. The
 * limit is held against each growth, so that a buffer whose memory is already larger is full a little later.
 *
 * Ownership: lives in the caller's memory, all zero is an empty buffer, buffer_clear() frees. Pointers into
 * it are good until the next call that may grow it. Threads: one owner.
 */
#ifndef PROTO_BASE_BUFFER_H
#define PROTO_BASE_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "proto/base/slice.h"

struct buffer {
    char *data;
    size_t len;
    size_t cap;
    size_t limit; /* 0: none */
    size_t full;  /* 0: it is not; otherwise one more than the bytes that are kept */
};

/* Make room for `more` bytes after the end, out of line. Called by buffer_reserve(). */
void buffer_grow(struct buffer *buffer, size_t more);

/* Make the capacity `cap`, which is no less than the length. Memory that was only reserved is not copied, so
 * the kernel need not have given it: what buffer_grow() doubles, this leaves as it is. */
void buffer_set_capacity(struct buffer *buffer, size_t cap);

/* The same, with whatever is there copied if need be, for memory that may be refused: false, and nothing has
 * changed. */
bool buffer_try_set_capacity(struct buffer *buffer, size_t cap);

/* At least `more` writable bytes behind the end; buffer_commit() makes them part of the buffer. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (__builtin_expect(buffer->cap - buffer->len < more, 0)) buffer_grow(buffer, more);
    return buffer->data + buffer->len;
}

static inline bool buffer_is_full(const struct buffer *buffer)
{
    return buffer->full != 0;
}

/* It is full from now on, whatever its length. */
void buffer_fill(struct buffer *buffer);

/* Back to the length that it had, before it was full perhaps. */
static inline void buffer_truncate(struct buffer *buffer, size_t len)
{
    buffer->len = len;
    if (len < buffer->full) buffer->full = 0;
}

static inline void buffer_commit(struct buffer *buffer, size_t written)
{
    buffer->len += written;
}

static inline void buffer_append(struct buffer *buffer, const void *data, size_t len)
{
    if (len == 0) return;
    memcpy(buffer_reserve(buffer, len), data, len);
    buffer->len += len;
}

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return (struct slice){ buffer->data, buffer->len };
}

/* Append formatted text, without its terminator. */
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Drop the first `len` bytes, moving the rest to the front. */
void buffer_consume(struct buffer *buffer, size_t len);

/* Free the memory and leave an empty buffer. */
void buffer_clear(struct buffer *buffer);

#endif
