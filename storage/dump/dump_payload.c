#include "storage/dump/dump_payload.h"

#include "proto/base/buffer.h"
#include "storage/dump/dump_object.h"
#include "storage/dump/dump_type.h"
#include "storage/dump/encodings/crc64.h"

enum { VERSION_BYTES = 2, SUM_BYTES = 8, FOOT = DUMP_FOOT_BYTES };

static void write_type(struct buffer *out, unsigned type)
{
    *buffer_reserve(out, 1) = (char)type;
    buffer_commit(out, 1);
}

static void write_low_first(struct buffer *out, uint64_t number, unsigned bytes)
{
    char *to = buffer_reserve(out, bytes);
    for (unsigned i = 0; i < bytes; i++) to[i] = (char)(number >> 8 * i);
    buffer_commit(out, bytes);
}

void dump_payload_end(struct buffer *out, size_t start)
{
    write_low_first(out, DUMP_VERSION, VERSION_BYTES);
    write_low_first(out, crc64(0, slice_of(out->data + start, out->len - start)), SUM_BYTES);
}

void dump_payload_write(struct buffer *out, const struct value *value, enum dump_texts how)
{
    size_t start = out->len;
    write_type(out, dump_object_type(value, how));
    dump_object_write(out, value, how);
    dump_payload_end(out, start);
}

void dump_payload_write_text(struct buffer *out, struct slice text, enum dump_texts how)
{
    size_t start = out->len;
    write_type(out, DUMP_STRING);
    dump_object_write_text(out, text, how);
    dump_payload_end(out, start);
}

bool dump_payload_is_whole(struct slice payload)
{
    if (payload.len < FOOT) return false;
    struct source foot = source_of(slice_of(payload.data + payload.len - FOOT, FOOT));
    if (source_low_first(&foot, VERSION_BYTES) > DUMP_VERSION_MAX) return false;
    return source_low_first(&foot, SUM_BYTES) == crc64(0, slice_of(payload.data, payload.len - SUM_BYTES));
}

bool dump_payload_read(struct dump_object *object, struct slice payload)
{
    struct source source = source_of(slice_of(payload.data, payload.len - FOOT));
    struct source foot = source_of(slice_of(payload.data + payload.len - FOOT, VERSION_BYTES));
    object->version = (unsigned)source_low_first(&foot, VERSION_BYTES);
    if (!dump_object_read(object, &source, source_byte(&source))) return false;
    if (source_left(&source) == 0) return true;
    dump_object_clear(object);
    return false;
}
