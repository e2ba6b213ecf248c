/*
 * listpack_short.h - the elements of a listpack that are most of all, read in place.
 *
 *     0....... 1                   an integer of 7 bits
 *     10...... text length+1       a text of less than 64 bytes
 *     110..... ........ 2          an integer of 13 bits
 *
 * Behind each stands how long it is, for who comes from behind.
 *
 * Threads: no state.
 */
#ifndef STORAGE_DUMP_ENCODINGS_LISTPACK_SHORT_H
#define STORAGE_DUMP_ENCODINGS_LISTPACK_SHORT_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/dump/encodings/source.h"
#include "storage/types/blocks/atom.h"

/* Any of these, with the byte behind it. */
#define LISTPACK_SHORT_MAX 65

/* False, and nothing was read: it is none of these, or may not be whole, or the end is near. */
static inline bool listpack_take_short(struct source *source, struct atom *atom)
{
    const unsigned char *at = (const unsigned char *)source->at;
    if (source_left(source) < LISTPACK_SHORT_MAX) return false;
    unsigned first = at[0], len = 1;
    if (first < 0x80) {
        atom_set_integer(atom, first);
    } else if (first < 0xc0) {
        len += first & 0x3f;
        atom_set_text(atom, source->at + 1, first & 0x3f);
    } else if (first < 0xe0) {
        len = 2;
        atom_set_integer(atom, (int64_t)((uint64_t)((first & 0x1f) << 8 | at[1]) << 51) >> 51);
    } else {
        return false;
    }
    if (at[len] != len) return false;
    source->at += len + 1;
    return true;
}

#endif
