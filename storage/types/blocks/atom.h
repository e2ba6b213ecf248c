/*
 * atom.h - one element as a container hands it out: text where it stands, or an integer.
 *
 * Whatever is the canonical decimal of an int64 is kept as a number. An atom is good until the container that
 * gave it is next written to. Threads: the container's.
 */
#ifndef STORAGE_TYPES_BLOCKS_ATOM_H
#define STORAGE_TYPES_BLOCKS_ATOM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"

struct atom {
    struct slice text; /* data is NULL: it is the integer */
    int64_t integer;
};

static inline struct atom atom_of_text(struct slice text)
{
    return (struct atom){ .text = text };
}

static inline struct atom atom_of_integer(int64_t integer)
{
    return (struct atom){ .integer = integer };
}

/* The same, put in place word by word: a copy of the whole, read sixteen bytes at a time right after its
 * words were written, waits for them to arrive in memory. */
static inline void atom_set_text(struct atom *atom, const char *data, size_t len)
{
    atom->text.data = data;
    atom->text.len = len;
    atom->integer = 0;
}

static inline void atom_set_integer(struct atom *atom, int64_t integer)
{
    atom->text.data = NULL;
    atom->text.len = 0;
    atom->integer = integer;
}

static inline bool atom_is_integer(const struct atom *atom)
{
    return atom->text.data == NULL;
}

/* Its text: where it stands, or written to `scratch` (NUMBER_I64_MAX bytes). */
static inline struct slice atom_text(const struct atom *atom, char *scratch)
{
    if (!atom_is_integer(atom)) return atom->text;
    return slice_of(scratch, number_format_i64(scratch, atom->integer));
}

#endif
