/*
 * buckets.h - linear hashing whose buckets are packed blocks: the large form of sets and hashes.
 *
 *     directory (segments): one word a bucket             a packed block of some 192 bytes
 *     +----------+----------+----------+--- ...           +------+--------+-----------+--------------------+
 *     | 16 | 48  | 16 | 48  | 16 | 48  |       ------>    | head |  tags  |  lengths  | record | record ...|
 *     +----------+----------+----------+--- ...           +------+--------+-----------+--------------------+
 *       records, address
 *
 * No element has an allocation, a pointer or a header of its own, and no bucket overflows: a block is as long
 * as it must be. One bucket more or less is split or merged with a write, so nothing is ever rehashed at
 * once. What a record is, its kind tells.
 *
 * Long texts stand outside (record.h). Whoever writes such a record accounts for it with buckets_keep();
 * whatever is removed or freed takes what it has outside along.
 *
 * Threads: as value.h.
 */
#ifndef STORAGE_TYPES_LARGE_BUCKETS_H
#define STORAGE_TYPES_LARGE_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/memory/segments.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/member.h"
#include "storage/types/blocks/packed.h"
#include "storage/types/blocks/record.h"
#include "storage/types/blocks/value.h"
#include "storage/types/large/keyed_walk.h"
#include "storage/types/large/minima.h"

struct buckets_kind {
    bool (*is)(const struct packed_record *record, const struct member *member);
    struct atom (*key)(const struct packed_record *record);
    /* Its parts that stand outside, at most two: how many. */
    size_t (*outside)(const struct packed_record *record, struct slice parts[2]);
};

/* Random numbers that will be drawn with, the next of them first: so that what they lead to is on its way by
 * then. What they draw is decided when it is drawn. */
#define BUCKETS_LOTS 8
struct buckets_lots {
    uint64_t numbers[BUCKETS_LOTS]; /* a ring */
    unsigned next;
    bool filled;
};

struct buckets {
    const struct buckets_kind *kind;
    uint64_t seed;
    struct segments directory;
    uint64_t mask;        /* all buckets, those to come included, up to a power of two */
    size_t len;           /* records */
    size_t block_bytes;   /* real sizes of the blocks, */
    size_t outside_bytes; /* and of what stands outside */
    size_t longest;       /* records that a bucket had at most */
    uint64_t drained;     /* buckets that are freed */
    struct buckets_lots lots;
    struct minima *minima; /* NULL: no record has a deadline */
    bool spread;           /* the user's: keyed.h */
};

/* Deadlines are records' own, and their kind's to read. What is kept of them is a time for each few buckets
 * that follow one another, before which none of their records is due (minima.h). It may be too early. */
#define BUCKETS_TIMED_LOG2 1

/* Where a record is, until the buckets are written to. */
struct buckets_place {
    uint64_t bucket;
    size_t index;
    struct packed_record record;
};

static inline uint8_t buckets_tag(uint64_t hash)
{
    return (uint8_t)(hash >> 56);
}

struct buckets *buckets_create(const struct buckets_kind *kind, uint64_t seed);
/* Free up to so many blocks. False: all is freed, the buckets as well. */
bool buckets_drain(struct buckets *buckets, size_t blocks);
struct buckets *buckets_copy(const struct buckets *buckets);

/* The real size of everything. */
size_t buckets_bytes(const struct buckets *buckets);

/* In one block. */
bool buckets_find_in(const char *block, const struct buckets_kind *kind, const struct member *member,
                     struct buckets_place *place);
bool buckets_find(const struct buckets *buckets, const struct member *member, struct buckets_place *place);
/* A record whose key has this hash and is not there. After it, so many more are to come that room for them is
 * made at once. */
void buckets_insert(struct buckets *buckets, uint64_t hash, const struct packed_new *record, size_t to_come);
/* With a record of the same key; what the old one had outside is the caller's. */
void buckets_replace(struct buckets *buckets, const struct buckets_place *place,
                     const struct packed_new *record);
void buckets_remove(struct buckets *buckets, const struct buckets_place *place);

/* Put a text outside, for a record that is about to be written; free what one had there. */
void buckets_keep(struct buckets *buckets, struct record_form *form, struct slice text);
void buckets_let_go(struct buckets *buckets, struct slice outside);

/* A record whose key has this hash is due then. */
void buckets_note_deadline(struct buckets *buckets, uint64_t hash, int64_t deadline_ms);
/* Remove the records of one bucket that are at these places, which rise. No bucket is merged: afterwards, as
 * many calls of buckets_fit() as records have gone keep up with it. */
void buckets_remove_some(struct buckets *buckets, uint64_t bucket, const uint16_t *indexes, size_t count);
void buckets_fit(struct buckets *buckets);
/* Through one bucket. */
struct packed_walk buckets_walk(const struct buckets *buckets, uint64_t bucket);
/* Bring a bucket closer, in two steps that each need time to arrive. */
void buckets_fetch(const struct buckets *buckets, uint64_t bucket, unsigned step);

/* Every record once, with a walk that is zero at first; nothing may be written meanwhile. */
bool buckets_next(const struct buckets *buckets, struct keyed_walk *walk, struct packed_record *record);
/* With equal chances, of buckets that are not empty. */
struct buckets_place buckets_at_random(struct buckets *buckets, uint64_t (*random)(void *state), void *state);
/* The records of one bucket, and the cursor of the next, 0 after the last. What is there throughout is shown,
 * through splits and merges between calls; some may be shown twice. */
uint64_t buckets_scan(const struct buckets *buckets, uint64_t cursor,
                      void (*visit)(void *context, const struct packed_record *record), void *context);

/* As value_type has them. */
void buckets_compact(struct buckets *buckets, uint64_t *hand, size_t blocks, const struct value_mover *mover);
bool buckets_prefetch(const struct buckets *buckets, uint64_t hash, unsigned stage);
void buckets_check(const struct buckets *buckets);

#endif
