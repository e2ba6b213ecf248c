/*
 * zset_index.h - in which leaf of a sorted set a member is.
 *
 *     directory (segments): one word a bucket         bucket: slots of 4 bytes, in no order
 *     +----------+----------+---                      +----------+----------+----------+---
 *     | 16 | 48  | 16 | 48  | ...            ------>   | leaf | 8 | leaf | 8 | leaf | 8 | ...      8: tag
 *     +----------+----------+---                      +----------+----------+----------+---
 *       slots, address
 *
 * Linear hashing, as in the table of keys: it grows and shrinks by one bucket at a time. A slot knows neither
 * the member nor its hash. When a bucket is split the owner finds in the leaf who has the tag; slots that are
 * equal stand for as many members, in whatever order.
 *
 * Threads: the owner's lock. Ownership: lives in the owner's memory.
 */
#ifndef STORAGE_TYPES_LARGE_ZSET_INDEX_H
#define STORAGE_TYPES_LARGE_ZSET_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/memory/segments.h"

struct value_mover;

struct zset_index {
    struct segments directory;
    uint64_t mask; /* all buckets, those to come included, up to a power of two */
    size_t count;  /* slots */
    size_t bytes;  /* real sizes of the buckets, without the directory */
};

/* Who knows members. */
struct zset_index_owner {
    /* The first record of the leaf from `*from` on whose tag is that, and its hash. False: there is none. */
    bool (*find)(const void *context, uint32_t leaf, uint8_t tag, size_t *from, uint64_t *hash);
    /* A leaf will be looked at; asked of some in two rounds, with `stage` 0, then 1. */
    void (*prefetch)(const void *context, uint32_t leaf, unsigned stage);
    const void *context;
};

void zset_index_init(struct zset_index *index);
/* Free up to so many buckets. False: all is freed. */
bool zset_index_drain(struct zset_index *index, size_t buckets);
void zset_index_copy(struct zset_index *index, const struct zset_index *from);
/* The real size of everything. */
size_t zset_index_bytes(const struct zset_index *index);

/* The leaves that may hold a member with this hash, one after the other; `*at` is 0 at first. */
bool zset_index_next(const struct zset_index *index, uint64_t hash, size_t *at, uint32_t *leaf);

void zset_index_add(struct zset_index *index, uint64_t hash, uint32_t leaf);
/* What a bucket holds of a member: the leaf, and a tag of the hash. */
static inline uint32_t zset_index_slot(uint64_t hash, uint32_t leaf)
{
    return leaf << 8 | (uint32_t)(hash >> 56);
}
/* All the slots of a bucket that has none; their hashes lead to it. */
void zset_index_fill(struct zset_index *index, uint64_t number, const uint32_t *slots, size_t count);
void zset_index_remove(struct zset_index *index, uint64_t hash, uint32_t leaf);
/* A member has gone from one leaf to another. */
void zset_index_replace(struct zset_index *index, uint64_t hash, uint32_t leaf, uint32_t new_leaf);

/* After adding one: split a bucket or two if they have become too long. Slots and leaves must agree. */
void zset_index_grow(struct zset_index *index, const struct zset_index_owner *owner);
/* After removing some: merge up to so many buckets if they have become too short. */
void zset_index_shrink(struct zset_index *index, size_t buckets);
/* So many slots are to come: directory and buckets for them, of an index without slots. */
void zset_index_reserve(struct zset_index *index, size_t slots);

/* The members of one bucket, as leaf and place in it, and the cursor of the next, 0 after the last. What is
 * there throughout is shown, through splits and merges between calls. */
uint64_t zset_index_scan(const struct zset_index *index, const struct zset_index_owner *owner,
                         uint64_t cursor, void (*visit)(void *context, uint32_t leaf, size_t at),
                         void *context);

/* Stage 0: the directory's word. Stage 1: the bucket. */
void zset_index_prefetch(const struct zset_index *index, uint64_t hash, unsigned stage);
/* Offer up to `*buckets` from `*hand` on, and count them off. False: there were no more. */
bool zset_index_compact(struct zset_index *index, uint64_t *hand, size_t *buckets,
                        const struct value_mover *mover);
void zset_index_check(const struct zset_index *index, const struct zset_index_owner *owner);

#endif
