/*
 * dump_text.h - a text as payloads hold it: a length and its bytes, an integer, or compressed by LZF.
 *
 * Integers that fit four bytes are kept as such. A text of more than 20 bytes is compressed if that saves
 * four of them, as Redis does, which it needs a table of a quarter of a megabyte for: that is on the stack.
 *
 * Threads: no state.
 */
#ifndef STORAGE_DUMP_ENCODINGS_DUMP_TEXT_H
#define STORAGE_DUMP_ENCODINGS_DUMP_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"
#include "storage/dump/encodings/length.h"
#include "storage/dump/encodings/source.h"
#include "storage/types/blocks/atom.h"

struct buffer;

/* One whose length says that it is no plain text, but of this form. */
struct atom dump_text_read_form(struct source *source, uint64_t form, struct buffer *scratch);

/* Where it stands in the source, in `scratch` if it was compressed, or the integer. Good until either is used
 * again. What does not unpack fails the source. */
static inline struct atom dump_text_read(struct source *source, struct buffer *scratch)
{
    struct length length = length_read_any(source);
    if (__builtin_expect(length.is_form, 0)) return dump_text_read_form(source, length.number, scratch);
    return atom_of_text(source_take(source, length.number));
}
/* The same, where only bytes will do. */
struct slice dump_text_read_bytes(struct source *source, struct buffer *scratch);

/* What the next `count` texts will take as records of a block: those that would stand outside of it as a
 * pointer. Less, of a source that fails on the way. */
size_t dump_texts_bytes(struct source source, uint64_t count);

/* Whether texts are compressed (compressing the same twice may give different bytes), and, where Redis and
 * Valkey write different forms, whose it is to be. */
enum dump_texts { DUMP_COMPRESSED = 0, DUMP_PLAIN = 1, DUMP_FOR_VALKEY = 2 };

void dump_text_write(struct buffer *out, struct slice text, enum dump_texts how);
void dump_text_write_atom(struct buffer *out, const struct atom *atom, enum dump_texts how);

#endif
