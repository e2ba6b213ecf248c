#include "proto/base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

/* Smaller than any reply worth the trouble of growing twice. */
enum { FIRST_CAP = 128 };

/* What comes is written behind what is kept, again and again. */
void buffer_fill(struct buffer *buffer)
{
    if (buffer->full == 0) buffer->full = buffer->len + 1;
    buffer->len = buffer->full - 1;
}

void buffer_grow(struct buffer *buffer, size_t more)
{
    REQUIRE(more <= SIZE_MAX / 2 - buffer->len);
    bool over = buffer->limit > 0 && buffer->len + more > buffer->limit;
    if (over || buffer->full > 0) buffer_fill(buffer);
    if (buffer->cap - buffer->len >= more) return;
    size_t cap = buffer->cap < FIRST_CAP ? FIRST_CAP : buffer->cap * 2;
    if (cap < buffer->len + more) cap = buffer->len + more;
    buffer->data = alloc_resize(buffer->data, cap);
    buffer->cap = cap;
}

void buffer_set_capacity(struct buffer *buffer, size_t cap)
{
    REQUIRE(cap >= buffer->len);
    char *data = alloc_bytes(cap);
    if (buffer->len > 0) memcpy(data, buffer->data, buffer->len);
    alloc_free(buffer->data);
    buffer->data = data;
    buffer->cap = cap;
}

bool buffer_try_set_capacity(struct buffer *buffer, size_t cap)
{
    REQUIRE(cap >= buffer->len);
    char *data = alloc_try_resize(buffer->data, cap);
    if (data == NULL) return false;
    buffer->data = data;
    buffer->cap = cap;
    return true;
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    size_t room = 64;
    int len = vsnprintf(buffer_reserve(buffer, room), room, format, args);
    REQUIRE(len >= 0);
    if ((size_t)len >= room) {
        room = (size_t)len + 1;
        len = vsnprintf(buffer_reserve(buffer, room), room, format, again);
        INVARIANT((size_t)len + 1 == room);
    }
    va_end(again);
    buffer_commit(buffer, (size_t)len);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buffer_vprintf(buffer, format, args);
    va_end(args);
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    REQUIRE(len <= buffer->len);
    buffer->len -= len;
    if (len > 0 && buffer->len > 0) memmove(buffer->data, buffer->data + len, buffer->len);
}

void buffer_clear(struct buffer *buffer)
{
    alloc_free(buffer->data);
    *buffer = (struct buffer){ 0 };
}
