/*
 * buckets_layout.h - the words of the directory, for the files of buckets. Threads: no state.
 */
#ifndef STORAGE_TYPES_LARGE_BUCKETS_LAYOUT_H
#define STORAGE_TYPES_LARGE_BUCKETS_LAYOUT_H

#include "storage/types/large/buckets.h"

#define WORD_COUNT_SHIFT 48

/* 0: no block, no records. */
static inline uint64_t *word_at(const struct buckets *buckets, uint64_t bucket)
{
    return segments_at(&buckets->directory, bucket, sizeof(uint64_t));
}

static inline uint64_t word_of(const char *block, size_t count)
{
    return (uint64_t)count << WORD_COUNT_SHIFT | (uintptr_t)block;
}

static inline char *word_block(uint64_t word)
{
    return (char *)(uintptr_t)(word & ((UINT64_C(1) << WORD_COUNT_SHIFT) - 1));
}

static inline size_t word_count(uint64_t word)
{
    return (size_t)(word >> WORD_COUNT_SHIFT);
}

static inline uint64_t bucket_of(const struct buckets *buckets, uint64_t hash)
{
    uint64_t bucket = hash & buckets->mask;
    return bucket < buckets->directory.count ? bucket : bucket & buckets->mask >> 1;
}

/* Which of the minima is a bucket's. */
static inline size_t timed_of(uint64_t bucket)
{
    return (size_t)(bucket >> BUCKETS_TIMED_LOG2);
}

/* What a record that goes has outside; how many texts. buckets.c */
size_t buckets_let_go_of(struct buckets *buckets, const struct packed_record *record);
/* The edit of the block that the word leads to; or of no block, from an empty one. buckets.c */
void buckets_edit(struct buckets *buckets, uint64_t *word, const struct packed_edit *edit, const char *from);
/* As many buckets as so many records of so many bytes are to have: of some that have no record, and no more
 * than that. buckets_growth.c */
void buckets_size(struct buckets *buckets, size_t records, size_t bytes);
/* As many splits or merges as a write makes due. */
void buckets_grow(struct buckets *buckets, size_t to_come);
void buckets_shrink(struct buckets *buckets);

#endif
