/*
 * varint.h - numbers of as many groups of 7 bits as they need, the lowest first; the top bit says that there
 * are more. At most 10 bytes.
 *
 * Threads: plain functions. What is read was written here: it is not looked at whether it ends.
 */
#ifndef STORAGE_TYPES_STREAMS_VARINT_H
#define STORAGE_TYPES_STREAMS_VARINT_H

#include <stddef.h>
#include <stdint.h>

#define VARINT_MAX 10

static inline size_t varint_size(uint64_t number)
{
    return number < 128 ? 1 : (70 - (size_t)__builtin_clzll(number)) / 7;
}

/* Behind it. */
static inline char *varint_put(char *to, uint64_t number)
{
    for (; number >= 128; number >>= 7) *to++ = (char)(number | 128);
    *to++ = (char)number;
    return to;
}

static inline const char *varint_get(const char *from, uint64_t *number)
{
    uint64_t byte = (unsigned char)*from++, read = byte & 127;
    for (unsigned shift = 7; __builtin_expect(byte >= 128, 0); shift += 7) {
        byte = (unsigned char)*from++;
        read |= (byte & 127) << shift;
    }
    *number = read;
    return from;
}

#endif
