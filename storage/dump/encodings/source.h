/*
 * source.h - bytes of somebody else that are read from front to end, and never beyond.
 *
 * The first read that asks for more than there is fails, and from then on nothing is left: readers go on with
 * zeros and empty slices and ask once, at the end, or before they trust a count.
 *
 * Threads: one owner. Ownership: the bytes are borrowed; what is taken is a slice of them.
 */
#ifndef STORAGE_DUMP_ENCODINGS_SOURCE_H
#define STORAGE_DUMP_ENCODINGS_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct source {
    const char *at;
    const char *end;
    bool failed;
};

static inline struct source source_of(struct slice bytes)
{
    return (struct source){ .at = bytes.data, .end = bytes.data + bytes.len };
}

static inline size_t source_left(const struct source *source)
{
    return (size_t)(source->end - source->at);
}

static inline void source_fail(struct source *source)
{
    source->failed = true;
    source->at = source->end;
}

/* The next `len` bytes; empty where there are fewer. Its address is never NULL while the source has one. */
static inline struct slice source_take(struct source *source, uint64_t len)
{
    if (__builtin_expect(len > source_left(source), 0)) {
        source_fail(source);
        return slice_of(source->end, 0);
    }
    struct slice taken = slice_of(source->at, (size_t)len);
    source->at += len;
    return taken;
}

static inline unsigned source_byte(struct source *source)
{
    if (__builtin_expect(source->at == source->end, 0)) {
        source_fail(source);
        return 0;
    }
    return (unsigned char)*source->at++;
}

/* Numbers of `bytes` bytes, at most eight: the lowest or the highest first. */
static inline uint64_t source_low_first(struct source *source, unsigned bytes)
{
    struct slice taken = source_take(source, bytes);
    uint64_t number = 0;
    for (size_t i = taken.len; i-- > 0;) number = number << 8 | (unsigned char)taken.data[i];
    return number;
}

static inline uint64_t source_high_first(struct source *source, unsigned bytes)
{
    struct slice taken = source_take(source, bytes);
    uint64_t number = 0;
    for (size_t i = 0; i < taken.len; i++) number = number << 8 | (unsigned char)taken.data[i];
    return number;
}

/* The same, the lowest first, with a sign: what is above the number's bits is a copy of its top bit. */
static inline int64_t source_signed(struct source *source, unsigned bytes)
{
    unsigned spare = 64 - 8 * bytes;
    return (int64_t)(source_low_first(source, bytes) << spare) >> spare;
}

#endif
