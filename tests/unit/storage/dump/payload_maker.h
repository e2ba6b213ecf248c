/*
 * payload_maker.h - payloads for tests: bytes of a value as they are written in an example, with a foot.
 */
#ifndef TESTS_UNIT_STORAGE_DUMP_PAYLOAD_MAKER_H
#define TESTS_UNIT_STORAGE_DUMP_PAYLOAD_MAKER_H

#include "proto/base/buffer.h"
#include "storage/dump/encodings/crc64.h"

#define PAYLOAD_FOOT 10

static inline struct buffer payload_make(struct slice body, unsigned version)
{
    struct buffer out = { 0 };
    const char low_first[] = { (char)version, (char)(version >> 8) };
    buffer_append(&out, body.data, body.len);
    buffer_append(&out, low_first, sizeof low_first);
    uint64_t sum = crc64(0, buffer_slice(&out));
    buffer_append(&out, &sum, sizeof sum);
    return out;
}

#endif
