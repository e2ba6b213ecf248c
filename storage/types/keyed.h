/*
 * keyed.h - records that are found by a text of theirs: what sets and hashes have in common.
 *
 * While there are few they stand in one packed block with tags, in the order in which they came. What a
 * record is made of, its kind tells.
 *
 * Threads: as value.h.
 */
#ifndef STORAGE_TYPES_KEYED_H
#define STORAGE_TYPES_KEYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/atom.h"
#include "storage/types/member.h"
#include "storage/types/packed.h"
#include "storage/types/value.h"

/* The name in a block's head. */
enum { KEYED_COMPACT, KEYED_SPREAD };

struct keyed_kind {
    bool (*is)(const struct packed_record *record, const struct member *member);
    struct atom (*key)(const struct packed_record *record);
};

/* Where a record is, until the value is written to. */
struct keyed_place {
    size_t index;
    struct packed_record record;
};

static inline uint8_t keyed_tag(uint64_t hash)
{
    return (uint8_t)(hash >> 56);
}

/* 0 <= result < `limit`, of all the bits of a draw. */
static inline size_t keyed_below(uint64_t draw, size_t limit)
{
    return (size_t)((unsigned __int128)draw * limit >> 64);
}

size_t keyed_len(const struct value *value);
/* What OBJECT ENCODING tells is no longer the compact name, and stays so.
 */
bool keyed_is_spread(const struct value *value);
void keyed_set_spread(struct value *value);

bool keyed_find(const struct value *value, const struct keyed_kind *kind, const struct member *member,
                struct keyed_place *place);
/* The tag is that of the member's hash. */
void keyed_insert(struct value *value, const struct packed_new *record);
void keyed_replace(struct value *value, const struct keyed_place *place, const struct packed_new *record);
void keyed_remove(struct value *value, const struct keyed_place *place);

/* Every record once, with a walk as set.h has it in `at`. */
bool keyed_next(const struct value *value, uint64_t at[4], struct packed_record *record);
/* Of a value that is not empty. */
struct packed_record keyed_at_random(const struct value *value, uint64_t (*random)(void *state), void *state);
uint64_t keyed_scan(const struct value *value, uint64_t cursor,
                    void (*visit)(void *context, const struct packed_record *record), void *context);

/* Aborts unless each record is found by its key, and once. */
void keyed_check(const struct value *value, const struct keyed_kind *kind);

#endif
