/*
 * zset_record.h - a score and a member as one record, and the order of such records.
 *
 *     +------+-----------------+------------------------------+
 *     | code | score, 0-8 bytes| member: text, or an integer  |     mark: the member is an integer
 *     +------+-----------------+------------------------------+
 *     code: 0 to 7, the score is an integer of so many bytes; FLOAT, DOUBLE
 *
 * By score, then by the bytes of the member's text, whatever form that has.
 *
 * Threads: plain functions.
 */
#ifndef STORAGE_TYPES_LARGE_ZSET_RECORD_H
#define STORAGE_TYPES_LARGE_ZSET_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/member.h"
#include "storage/types/blocks/packed.h"
#include "storage/types/blocks/record.h"

/* How one is written. It must stay where it is, since the record points into it. */
struct zset_form {
    struct packed_new record;
    struct record_form member;
    char score[9];
};
void zset_form_of(struct zset_form *form, const struct member *member, double score);

enum { ZSET_INTEGER_BYTES = 7, ZSET_FLOAT, ZSET_DOUBLE };

/* Those of the member. */
static inline struct slice zset_record_bytes(const struct packed_record *record)
{
    unsigned code = (unsigned char)record->bytes.data[0];
    size_t score = code <= ZSET_INTEGER_BYTES ? code : code == ZSET_FLOAT ? sizeof(float) : sizeof(double);
    return slice_of(record->bytes.data + 1 + score, record->bytes.len - 1 - score);
}

static inline double zset_record_score(const struct packed_record *record)
{
    const char *bytes = record->bytes.data + 1;
    unsigned code = (unsigned char)bytes[-1];
    if (code == ZSET_DOUBLE) {
        double score;
        memcpy(&score, bytes, sizeof score);
        return score;
    }
    if (code == ZSET_FLOAT) {
        float narrow;
        memcpy(&narrow, bytes, sizeof narrow);
        return (double)narrow;
    }
    return code > 0 ? (double)record_get_integer(bytes, code) : 0;
}

static inline struct atom zset_record_member(const struct packed_record *record)
{
    struct slice bytes = zset_record_bytes(record);
    if (!record->mark) return atom_of_text(bytes);
    return atom_of_integer(record_get_integer(bytes.data, bytes.len));
}

bool zset_record_is(const struct packed_record *record, const struct member *member);

static inline uint8_t zset_tag(uint64_t hash)
{
    return (uint8_t)(hash >> 56);
}

/* Where the record of this member is in a block, or the count. */
size_t zset_find(const char *block, const struct member *member, struct packed_record *record);

/* A place in the order: before what has this score and member, or, with `after`, behind it. */
struct zset_bound {
    uint64_t order; /* rises with the score */
    struct slice text;
    uint64_t prefix; /* rises with the text, which it may leave undecided */
    bool after;
};

/* -0 and 0 are one. */
uint64_t zset_order(double score);
uint64_t zset_prefix(struct slice text);
struct zset_bound zset_bound(double score, struct slice text, bool after);
bool zset_is_before(const struct packed_record *record, const struct zset_bound *bound);
/* How many records of a block are before it. */
size_t zset_count_before(const char *block, const struct zset_bound *bound);

#endif
