/*
 * hash.h - fields and their values: a packed block, or linear hashing of packed blocks.
 *
 * OBJECT ENCODING: listpack up to `hash_entries` fields with fields and values of `hash_value` bytes (then
 * they come in the order of insertion), hashtable beyond, and never back; listpackex in the place of listpack
 * once a field has had a deadline.
 *
 * A field may have a deadline. One that is due at `now_ms` of the value is not there for any of these
 * functions, whether or not it has been removed already. hash_deadlines.h has what only those with deadlines
 * need. Threads: the owner's lock.
 */
#ifndef STORAGE_TYPES_HASH_H
#define STORAGE_TYPES_HASH_H

#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/member.h"
#include "storage/types/blocks/value.h"
#include "storage/types/bulk/buckets_fill.h"
#include "storage/types/hash_record.h"
#include "storage/types/keyed.h"
#include "storage/types/large/keyed_walk.h"

extern const struct value_type hash_type;

#define HASH_NO_DEADLINE  0
#define HASH_DEADLINE_MAX ((INT64_C(1) << 46) - 1) /* Unix milliseconds */

bool hash_find(const struct value *hash, const struct member *field, struct atom *value);
/* The same, and its deadline or HASH_NO_DEADLINE. */
bool hash_look(const struct value *hash, const struct member *field, struct atom *value,
               int64_t *deadline_ms);
/* True: the field is new; otherwise its value was replaced. Neither text may lie in the value. It has no
 * deadline afterwards; or this one, from 1 to HASH_DEADLINE_MAX, or none. */
bool hash_put(struct value *hash, const struct member *field, struct slice value);
bool hash_put_until(struct value *hash, const struct member *field, struct slice value, int64_t deadline_ms);
bool hash_remove(struct value *hash, const struct member *field);
/* So many are about to be put: no growth in steps on the way. As Redis does, it takes them to be new when it
 * decides whether the hash is still compact. */
void hash_reserve(struct value *hash, size_t fields);

/* Many fields at once, into an empty hash that is a table from then on (bulk/buckets_fill.h). */
struct hash_fill {
    struct value *hash;
    struct buckets_fill buckets;
};
/* Whether so many are that many, and make a table. */
bool hash_is_filled_at(const struct value_limits *limits, size_t fields);
/* Of `bytes` with their values, roughly. */
void hash_fill_init(struct hash_fill *fill, struct value *hash, size_t fields, size_t bytes);
void hash_fill_add(struct hash_fill *fill, const struct atom *field, const struct atom *value);
/* To be called in any case. False: a field came twice; whatever is there then. */
bool hash_fill_end(struct hash_fill *fill);

struct hash_walk {
    struct keyed_walk records;
};
struct hash_walk hash_walk(const struct value *hash);
/* Of a record with a deadline: it, or the first behind it that is still there. False: there is none. */
bool hash_next_timed(struct hash_walk *walk, struct packed_record *record);
/* Inline: it is called for every field that is told. */
static inline __attribute__((always_inline)) bool hash_next(struct hash_walk *walk, struct atom *field,
                                                            struct atom *value)
{
    struct packed_record record;
    if (!keyed_next(&walk->records, &record)) return false;
    if (__builtin_expect(hash_record_is_timed(&record), 0) && !hash_next_timed(walk, &record)) return false;
    hash_record_show(&record, field, value);
    return true;
}
bool hash_next_until(struct hash_walk *walk, struct atom *field, struct atom *value, int64_t *deadline_ms);

/* Of a hash that is not empty; with equal chances. */
void hash_at_random(const struct value *hash, uint64_t (*random)(void *state), void *state,
                    struct atom *field, struct atom *value);

/* As set_scan(). */
uint64_t hash_scan(const struct value *hash, uint64_t cursor,
                   void (*visit)(void *context, const struct atom *field, const struct atom *value),
                   void *context);

#endif
