/*
 * hash_record.h - the record of a field: deadline, name, value; for the files of hash.
 *
 *     [ 1 | low six bits | 1 ] [ five bytes ]    only of a field with a deadline: 46 bits of Unix
 * milliseconds lead                                       twice the length of the field, plus one if it is an
 * integer or outside, in groups of seven bits, the lowest first field, value the value's mark is the record's
 *
 * A lead whose first byte has both its top and its lowest bit would be that of an integer, or of what stands
 * outside, of 64 bytes or more, which there is not. So a field without a deadline pays nothing for those that
 * have one, and one that has pays six bytes.
 */
#ifndef STORAGE_TYPES_HASH_RECORD_H
#define STORAGE_TYPES_HASH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/packed_walk.h"
#include "storage/types/blocks/record.h"

#define HASH_LEAD_MAX       5
#define HASH_DEADLINE_BYTES 6
#define HASH_DEADLINE_MARK  0x81

struct value;
extern const struct buckets_kind hash_kind;

struct hash_parts {
    struct slice field, value;
    bool field_mark, value_mark;
};

static inline bool hash_record_is_timed(const struct packed_record *record)
{
    return ((unsigned char)*record->bytes.data & HASH_DEADLINE_MARK) == HASH_DEADLINE_MARK;
}

/* Of one that is timed. */
static inline int64_t hash_record_deadline_ms(const struct packed_record *record)
{
    uint64_t high = 0;
    memcpy(&high, record->bytes.data + 1, HASH_DEADLINE_BYTES - 1);
    return (int64_t)(high << 6 | ((unsigned char)*record->bytes.data >> 1 & 0x3f));
}

static inline void hash_record_put_deadline(char out[HASH_DEADLINE_BYTES], int64_t deadline_ms)
{
    uint64_t high = (uint64_t)deadline_ms >> 6;
    out[0] = (char)(HASH_DEADLINE_MARK | (deadline_ms & 0x3f) << 1);
    memcpy(out + 1, &high, HASH_DEADLINE_BYTES - 1);
}

/* 0: none. */
static inline int64_t hash_record_time_ms(const struct packed_record *record)
{
    return __builtin_expect(hash_record_is_timed(record), 0) ? hash_record_deadline_ms(record) : 0;
}

/* Nearly all fields are shorter than 64 bytes, and few have a deadline. */
static inline struct hash_parts hash_record_parts(const struct packed_record *record)
{
    const unsigned char *at = (const unsigned char *)record->bytes.data;
    uint64_t number = *at++;
    if (__builtin_expect(number > 0x7f, 0)) {
        if ((number & HASH_DEADLINE_MARK) == HASH_DEADLINE_MARK) {
            at += HASH_DEADLINE_BYTES - 1;
            number = *at++;
        }
        unsigned more = (unsigned)number & 0x80;
        number &= 0x7f;
        for (unsigned shift = 7; more; shift += 7) {
            number |= (uint64_t)(*at & 0x7f) << shift;
            more = *at++ & 0x80;
        }
    }
    struct hash_parts parts = { .field_mark = number & 1, .value_mark = record->mark };
    parts.field = slice_of(at, (size_t)(number >> 1));
    const char *value = parts.field.data + parts.field.len;
    parts.value = slice_of(value, record->bytes.len - (size_t)(value - record->bytes.data));
    return parts;
}

static inline void hash_record_show(const struct packed_record *record, struct atom *field,
                                    struct atom *value)
{
    struct hash_parts parts = hash_record_parts(record);
    *field = record_atom(parts.field, parts.field_mark);
    *value = record_atom(parts.value, parts.value_mark);
}

/* Whether it is not there any more at `now_ms`, though it stands there: as a key, until its last millisecond
 * is over. */
static inline bool hash_record_is_due(const struct packed_record *record, int64_t now_ms)
{
    return __builtin_expect(hash_record_is_timed(record), 0) && hash_record_deadline_ms(record) < now_ms;
}

#endif
