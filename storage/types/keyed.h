/*
 * keyed.h - records that are found by a text of theirs: what sets and hashes have in common.
 *
 * While there are few they stand in one packed block with tags, in the order in which they came; beyond, in
 * buckets. What a record is made of, its kind tells (buckets.h).
 *
 * Threads: as value.h.
 */
#ifndef STORAGE_TYPES_KEYED_H
#define STORAGE_TYPES_KEYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/member.h"
#include "storage/types/blocks/packed.h"
#include "storage/types/blocks/value.h"
#include "storage/types/bulk/buckets_fill.h"
#include "storage/types/large/buckets.h"
#include "storage/types/large/keyed_walk.h"

/* Bits of the name in a block's head. Spread is what OBJECT ENCODING calls hashtable, whatever the form;
 * timed, that a record has had a deadline. */
enum { KEYED_COMPACT, KEYED_SPREAD, KEYED_TIMED };

/* What is spread stays one block up to this: a root is some 350 bytes. */
#define KEYED_SMALL_RECORDS 512
#define KEYED_SMALL_BYTES   4096

/* 0 <= result < `limit`, of all the bits of a draw. */
static inline size_t keyed_below(uint64_t draw, size_t limit)
{
    return (size_t)((unsigned __int128)draw * limit >> 64);
}

size_t keyed_len(const struct value *value);
bool keyed_is_spread(const struct value *value);
/* It stays so. */
void keyed_set_spread(struct value *value);
/* The same of whether a record may have a deadline. Only a small one is set so: buckets know by themselves.
 */
bool keyed_is_timed(const struct value *value);
void keyed_set_timed(struct value *value);

/* Whether one block does not do for so many records of so many `bytes`, if it is spread or not. */
bool keyed_is_too_large(bool spread, size_t records, size_t bytes);
/* Make it buckets, still empty; what was packed stays where it is until the value is settled. */
void keyed_enlarge(struct value *value, const struct buckets_kind *kind);

/* Of an empty value make one that is spread and large, to be filled with many records at once. */
void keyed_fill_init(struct buckets_fill *fill, struct value *value, const struct buckets_kind *kind,
                     size_t records, size_t bytes);

bool keyed_find(const struct value *value, const struct buckets_kind *kind, const struct member *member,
                struct buckets_place *place);
/* A record whose key has this hash, and is not there yet. */
void keyed_insert(struct value *value, uint64_t hash, const struct packed_new *record);
void keyed_replace(struct value *value, const struct buckets_place *place, const struct packed_new *record);
void keyed_remove(struct value *value, const struct buckets_place *place);

/* Every record once; the value must not be written to meanwhile. */
struct keyed_walk keyed_walk(const struct value *value);

static inline bool keyed_next(struct keyed_walk *walk, struct packed_record *record)
{
    if (packed_next(&walk->block, record)) return true;
    const struct value *value = walk->value;
    return value->root != NULL && buckets_next(value->root, walk, record);
}

/* Of a value that is not empty. */
struct buckets_place keyed_at_random(const struct value *value, uint64_t (*random)(void *state), void *state);
uint64_t keyed_scan(const struct value *value, uint64_t cursor,
                    void (*visit)(void *context, const struct packed_record *record), void *context);

/* Aborts unless each record is found by its key, and once. */
void keyed_check(const struct value *value, const struct buckets_kind *kind);

/* As value_type has them. */
size_t keyed_bytes(const void *root);
bool keyed_drain(void *root, size_t blocks);
void *keyed_copy(const void *root);
void keyed_compact(void *root, uint64_t *hand, size_t blocks, const struct value_mover *mover);
bool keyed_prefetch(const void *root, uint64_t member_hash, unsigned stage);

#endif
