/*
 * dump_object.h - a value of any type, read from bytes and written to them.
 *
 * Its type goes before it in a payload, and before its key in a file, so it is told apart (dump_type.h).
 *
 * Threads: as the value (value.h). Nothing is taken for granted of what is read: neither a length nor a count
 * nor that a member comes once. A text that is read stands where it was read, or in the object.
 */
#ifndef STORAGE_DUMP_DUMP_OBJECT_H
#define STORAGE_DUMP_DUMP_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/source.h"
#include "storage/types/blocks/value.h"

struct dump_object {
    const struct value_limits *limits; /* of collections, given; */
    uint64_t seed;                     /* the same */
    unsigned version;                  /* of the payload or the file; 0: unknown */
    struct slice text;                 /* of a string; */
    struct value value;                /* of a collection: its type is NULL for a string */
    struct buffer scratch;
};

/* Whether it is a type that is read here at all. */
bool dump_object_knows(unsigned type);

/* False: the source has failed, be it because the type is unknown, or it has not and the collection is empty,
 * which no key may hold unless it is a stream; the object has nothing then. Otherwise dump_object_clear()
 * lets go of what it has. */
bool dump_object_read(struct dump_object *object, struct source *source, unsigned type);
void dump_object_clear(struct dump_object *object);

/* Of a collection, written so. */
unsigned dump_object_type(const struct value *value, enum dump_texts how);
void dump_object_write(struct buffer *out, const struct value *value, enum dump_texts how);
/* Of a DUMP_STRING. */
void dump_object_write_text(struct buffer *out, struct slice text, enum dump_texts how);

#endif
