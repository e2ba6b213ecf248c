/*
 * dump_libraries.h - libraries of functions as FUNCTION DUMP says them: their texts, and the foot of a
 * payload.
 *
 *     +-----+------+-----+------+---------------+----------------+
 *     | 245 | text | 245 | text | version, 2    | checksum, 8    |    as of dump_payload.h
 *     +-----+------+-----+------+---------------+----------------+
 *
 * Threads: no state. Ownership: what is read is borrowed from the payload, or from the reader's scratch.
 */
#ifndef STORAGE_DUMP_DUMP_LIBRARIES_H
#define STORAGE_DUMP_DUMP_LIBRARIES_H

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/source.h"

/* Append one, and behind the last the foot of all that is written from `start` on. */
void dump_libraries_write(struct buffer *out, struct slice text, enum dump_texts how);
void dump_libraries_end(struct buffer *out, size_t start);

struct dump_libraries {
    struct source source;
    const char *end; /* where the foot begins */
    struct buffer scratch;
};

enum dump_library {
    DUMP_LIBRARY,         /* `*text` is it, until the next is read */
    DUMP_LIBRARY_END,     /* there are no more */
    DUMP_LIBRARY_CUT,     /* it is cut short, or does not unpack */
    DUMP_LIBRARY_EARLY,   /* of a version of Redis before its first */
    DUMP_LIBRARY_FOREIGN, /* it is something else */
};

/* Of a payload whose foot is right (dump_payload_is_whole()). */
void dump_libraries_open(struct dump_libraries *libraries, struct slice payload);
enum dump_library dump_libraries_next(struct dump_libraries *libraries, struct slice *text);
void dump_libraries_close(struct dump_libraries *libraries);

#endif
