/*
 * dump_stream.h - a stream in a payload: its entries in nodes, what it remembers, its groups.
 *
 *     nodes: how many; for each its first id, 16 bytes with the highest first, and a listpack
 *         live entries, removed ones, names, each of them, 0      of the first entry
 *         flags, ms and seq less those of the first id,           of each entry: the names are those of the
 *         [ how many names ], [ names and ] values, elements      first, or it has its own
 *     entries, last id, first id, highest id that was removed, entries that ever were
 *     groups (dump_group.h)
 *
 * Before Redis 7.0 what comes after the last id was missing.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_STREAM_H
#define STORAGE_DUMP_DUMP_STREAM_H

#include <stdbool.h>

#include "storage/dump/dump_group.h"
#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/source.h"

struct value;

/* Into a stream that is not there. False: the source has failed. */
bool dump_stream_read(struct source *source, enum dump_stream_age age, struct value *stream);
/* As DUMP_STREAM_7_0. */
void dump_stream_write(struct buffer *out, const struct value *stream, enum dump_texts how);

#endif
