/*
 * record.h - a text as the bytes of a record: itself, an integer, or a pointer to a block of its own.
 *
 * Whatever is the canonical decimal of an int64 is kept as 1 to 8 bytes, the fewest that hold it, lowest
 * first. What is longer than the caller wants in a block stands outside: 16 bytes, the address and the
 * length. Either is told from text by a mark beside its length (packed.h), and one from the other by the
 * length.
 *
 * Threads: plain functions.
 */
#ifndef STORAGE_TYPES_BLOCKS_RECORD_H
#define STORAGE_TYPES_BLOCKS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/slice.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/member.h"

/* Longer texts of large sets, hashes and sorted sets stand outside. */
#define RECORD_INSIDE_MAX  512
#define RECORD_OUTSIDE_LEN 16

/* The fewest bytes, 1 to 8, and the number in them. */
size_t record_put_integer(char out[8], int64_t integer);
int64_t record_get_integer(const char *bytes, size_t len);

/* How a text is written: `bytes` points to the text, or to `scratch`. */
struct record_form {
    struct slice bytes;
    bool mark;
    char scratch[RECORD_OUTSIDE_LEN];
};

/* The text or, if it is one, the integer. `form` must stay where it is. */
void record_of_text(struct record_form *form, struct slice text);
/* Of one that is known to be no integer. */
static inline void record_of_plain(struct record_form *form, struct slice text)
{
    form->bytes = text;
    form->mark = false;
}
/* The same of an element that somebody else says: its text may be an integer. */
static inline void record_of_atom(struct record_form *form, const struct atom *atom)
{
    int64_t integer = atom->integer;
    const char *data = atom->text.data;
    size_t len = atom->text.len;
    bool may_be_integer = len <= NUMBER_I64_MAX && len > 0 && data[0] <= '9';
    if (data == NULL || (may_be_integer && number_parse_i64(slice_of(data, len), &integer))) {
        form->bytes.data = form->scratch;
        form->bytes.len = record_put_integer(form->scratch, integer);
        form->mark = true;
    } else {
        form->bytes.data = data;
        form->bytes.len = len;
        form->mark = false;
    }
}
void record_of_integer(struct record_form *form, int64_t integer);
void record_of_member(struct record_form *form, const struct member *member);
/* A copy of `text` in a block of its own, which the record owns from now on. */
void record_of_outside(struct record_form *form, struct slice text);

static inline bool record_is_outside(struct slice bytes, bool mark)
{
    return mark && bytes.len == RECORD_OUTSIDE_LEN;
}

/* The text that stands outside; it is in the memory of the block told of. */
struct slice record_outside(struct slice bytes);
/* Free it; compaction writes where it is now. */
void record_free_outside(struct slice bytes);
void record_move_outside(char *bytes, const void *moved);

/* What stands in a record, or in a part of one. */
static inline struct atom record_atom(struct slice bytes, bool mark)
{
    if (!mark) return atom_of_text(bytes);
    if (bytes.len == RECORD_OUTSIDE_LEN) return atom_of_text(record_outside(bytes));
    return atom_of_integer(record_get_integer(bytes.data, bytes.len));
}

/* Whether it is this member's. */
bool record_is_member(struct slice bytes, bool mark, const struct member *member);

#endif
