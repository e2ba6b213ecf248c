/*
 * listpack_writer.h - a listpack (listpack.h), element by element.
 *
 *     size_t start = listpack_begin(&out);
 *     listpack_append(&out, &atom);
 *     listpack_end(&out, start, count);
 *
 * Threads: no state.
 */
#ifndef STORAGE_DUMP_ENCODINGS_LISTPACK_WRITER_H
#define STORAGE_DUMP_ENCODINGS_LISTPACK_WRITER_H

#include <stddef.h>

struct atom;
struct buffer;

/* Where it begins in `out`. */
size_t listpack_begin(struct buffer *out);
void listpack_append(struct buffer *out, const struct atom *element);
/* Of so many elements. */
void listpack_end(struct buffer *out, size_t start, size_t count);

#endif
