/*
 * bitfield.h - an integer of any width in a string's row of bits, and what becomes of one that does not fit.
 *
 * Threads: no state.
 */
#ifndef STORAGE_TYPES_TEXT_BITFIELD_H
#define STORAGE_TYPES_TEXT_BITFIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct bitfield {
    bool is_signed;
    unsigned width; /* in bits: 1 to 64, unsigned ones to 63 */
    uint64_t at;    /* its first bit, the most significant one */
};

/* Wrap around, stop at the largest or smallest, or refuse. */
enum bitfield_overflow { BITFIELD_WRAP, BITFIELD_SATURATE, BITFIELD_FAIL };

/* What lies behind the text is zero. */
int64_t bitfield_get(struct slice text, const struct bitfield *field);
/* The field must lie within the text, and the value be one that it can hold. */
void bitfield_set(char *text, const struct bitfield *field, int64_t value);

/* `value` as the field can hold it, and the sum of what it holds and `by`. A value that is to be put into an
 * unsigned field is taken to be unsigned as well: -1 is far too large. False: it does not fit, and
 * BITFIELD_FAIL was asked for. */
bool bitfield_fit(const struct bitfield *field, enum bitfield_overflow overflow, int64_t *value);
bool bitfield_add(const struct bitfield *field, enum bitfield_overflow overflow, int64_t *value, int64_t by);

#endif
