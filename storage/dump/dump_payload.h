/*
 * dump_payload.h - what DUMP says and RESTORE takes: a type, a value, and a foot that vouches for both.
 *
 *     +------+-------+---------------+----------------+
 *     | type | value | version, 2    | checksum, 8    |    both with the lowest byte first; the checksum is
 * of
 *     +------+-------+---------------+----------------+    all before it
 *
 * A reader refuses versions above its own, so the one that is written is an old one.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_PAYLOAD_H
#define STORAGE_DUMP_DUMP_PAYLOAD_H

#include "proto/base/slice.h"
#include "storage/dump/encodings/dump_text.h"

struct buffer;
struct dump_object;
struct value;

/* What Redis 5 writes. */
#define DUMP_VERSION 9
/* Of Valkey 9. Versions say nothing of the forms that may come: those that are known, are read. */
#define DUMP_VERSION_MAX 80

/* Of the foot. */
#define DUMP_FOOT_BYTES 10

/* Append the foot of what is written from `start` on. */
void dump_payload_end(struct buffer *out, size_t start);
/* Append the payload of a collection, of a string. */
void dump_payload_write(struct buffer *out, const struct value *value, enum dump_texts how);
void dump_payload_write_text(struct buffer *out, struct slice text, enum dump_texts how);

/* Whether the foot is right, whatever is above it. */
bool dump_payload_is_whole(struct slice payload);
/* Read one whose foot is right, into an object whose limits and seed are given. False: it is not what it
 * says, or there is something behind it. As dump_object_read(). */
bool dump_payload_read(struct dump_object *object, struct slice payload);

#endif
