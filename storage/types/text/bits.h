/*
 * bits.h - a string as a row of bits.
 *
 * Bit 0 is the highest of the first byte, bit 8 the highest of the second. Positions are of 64 bits; a string
 * is never so long that they overflow.
 *
 * Threads: no state.
 */
#ifndef STORAGE_TYPES_TEXT_BITS_H
#define STORAGE_TYPES_TEXT_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* How many bits are set from `first` to `last`, both included and both within the text. */
uint64_t bits_count(struct slice text, uint64_t first, uint64_t last);
/* The first place from `first` to `last`, as above, that holds `bit`; -1: none does. */
int64_t bits_find(struct slice text, bool bit, uint64_t first, uint64_t last);

enum bits_operation {
    BITS_AND,
    BITS_OR,
    BITS_XOR,
    BITS_NOT,
    BITS_DIFF,  /* those of the first string that none of the others has */
    BITS_DIFF1, /* those of the others that the first has not */
    BITS_ANDOR, /* those of the first that any of the others has */
    BITS_ONE,   /* those that exactly one of all has */
};

/* Combine `count` strings, of which there is one or more (for BITS_NOT exactly one), into the `len` bytes of
 * `out`: none is longer than that, and what a shorter one lacks is zero. `out` may be one of them. */
void bits_combine(enum bits_operation operation, const struct slice *sources, size_t count, char *out,
                  size_t len);

/* `width` bits (1 to 64) from `at` on, the first one being the most significant. What lies behind the text is
 * zero. */
uint64_t bits_load(struct slice text, uint64_t at, unsigned width);
/* The same bits, which must lie within the text, become the low `width` ones of `value`. */
void bits_store(char *text, uint64_t at, unsigned width, uint64_t value);

#endif
