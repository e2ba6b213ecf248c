/*
 * member.h - a text with its hash, as sets, hashes and sorted sets look it up.
 *
 * All containers hash with one seed, that of the process, so that a member that is sought in many sets is
 * hashed once. Threads: no state.
 */
#ifndef STORAGE_TYPES_BLOCKS_MEMBER_H
#define STORAGE_TYPES_BLOCKS_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "storage/types/blocks/atom.h"

struct member {
    struct slice text;
    uint64_t hash;
    int64_t integer; /* of a text that is a canonical integer */
    bool is_integer;
};

uint64_t member_hash(struct slice text, uint64_t seed);
/* Inline: one is made for every member that a request names. */
static inline struct member member_of(struct slice text, uint64_t seed)
{
    struct member member = { .text = text, .hash = member_hash(text, seed) };
    member.is_integer = number_may_be_i64(text) && number_parse_i64(text, &member.integer);
    return member;
}
/* Of an integer, without its text having to be written by the caller; `scratch` (NUMBER_I64_MAX bytes) holds
 * the text. */
struct member member_of_integer(int64_t integer, char *scratch, uint64_t seed);

/* Of what another container handed out, good as long as that is. */
static inline struct member member_of_atom(const struct atom *atom, char *scratch, uint64_t seed)
{
    return atom_is_integer(atom) ? member_of_integer(atom->integer, scratch, seed)
                                 : member_of(atom->text, seed);
}

#endif
