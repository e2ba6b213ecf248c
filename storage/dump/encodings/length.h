/*
 * length.h - how many of something follow: 1, 2, 5 or 9 bytes.
 *
 *     00......                         6 bits
 *     01...... ........                14 bits, the highest first
 *     10000000 and 4 bytes             the highest first
 *     10000001 and 8 bytes             the highest first
 *     11......                         no length: the bits say in which way a text is kept (dump_text.h)
 *
 * Threads: no state.
 */
#ifndef STORAGE_DUMP_ENCODINGS_LENGTH_H
#define STORAGE_DUMP_ENCODINGS_LENGTH_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/dump/encodings/source.h"

struct buffer;

/* A length or, with `is_form`, the number of a form. What is neither fails the source. */
struct length {
    uint64_t number;
    bool is_form;
};

static inline struct length length_read_any(struct source *source)
{
    unsigned first = source_byte(source);
    if (first < 0x40) return (struct length){ .number = first };
    if (first < 0x80) return (struct length){ .number = (first & 0x3f) << 8 | source_byte(source) };
    if (first >= 0xc0) return (struct length){ .number = first & 0x3f, .is_form = true };
    if (first == 0x80) return (struct length){ .number = source_high_first(source, 4) };
    if (first == 0x81) return (struct length){ .number = source_high_first(source, 8) };
    source_fail(source);
    return (struct length){ 0 };
}

/* 0 of a source that has failed, or fails here. */
static inline uint64_t length_read(struct source *source)
{
    struct length length = length_read_any(source);
    if (length.is_form) source_fail(source);
    return source->failed ? 0 : length.number;
}

/* Of things that take `least` bytes each, at least: fails if what is left cannot hold so many. */
static inline uint64_t length_read_count(struct source *source, unsigned least)
{
    uint64_t count = length_read(source);
    if (count > source_left(source) / least) source_fail(source);
    return source->failed ? 0 : count;
}

#define LENGTH_MAX 9

/* Bytes written to `out`. */
unsigned length_format(char out[LENGTH_MAX], uint64_t length);
void length_write(struct buffer *out, uint64_t length);

#endif
