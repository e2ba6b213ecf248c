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

double zset_record_score(const struct packed_record *record);
struct atom zset_record_member(const struct packed_record *record);
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
