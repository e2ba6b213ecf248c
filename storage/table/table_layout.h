/*
 * table_layout.h - slots, lines, overflow and stamps of a table, for table*.c and evict/.
 *
 * A slot is  hint:4 | tag:12 | plain:1 | pointer:43 | 0 | mark:3,  entries being aligned to 16 bytes. The
 * mark belongs to the eviction policy: it is masked when the pointer is read and travels with the slot. Where
 * there is a deadline, plain says that the entry is a single block and can be freed unseen.
 *
 * A bucket's slots are used from the front. When a ninth entry comes, the last slot becomes a link,
 *      capacity / 4 : 16 | 0 | pointer:43 | 1 | 0,
 * to an overflow array that holds the eighth entry and what follows, used from the front as well and sized in
 * fours of slots: half a cache line at first. Two entries or more are in it, else it is dissolved.
 *
 * In a table with deadlines there is a stamp of four bytes for each slot: those of the line in a lane beside
 * it, those of an overflow array behind its slots (the link then ends in 1). It is the low half of a time
 * before which the slot need not be looked at, 0 for never: of the deadline, or of an earlier time where the
 * entry holds the deadline because it is too far (EXTRA_DEADLINE). The stamp beside a link is that of the
 * earliest in the overflow, or an earlier one. All these times lie less than 2^32 - 1 ms after the table's
 * anchor. The hint in the slot is four bits of the deadline that count units of 4 s: as no deadline before
 * the anchor is left, and the anchor is near the present, it mostly tells by itself that an entry is alive,
 * and spares look-ups the lane. Threads: the shard's lock.
 */
#ifndef STORAGE_TABLE_TABLE_LAYOUT_H
#define STORAGE_TABLE_TABLE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/entry/entry.h"
#include "storage/expiry/wheel.h"
#include "storage/memory/block.h"
#include "storage/memory/segments.h"
#include "storage/table/key.h"
#include "storage/table/table.h"

#define LINE_SLOTS        8
#define LINK_AT           (LINE_SLOTS - 1)
#define OVERFLOW_STEP     4
#define SLOT_POINTER_MASK UINT64_C(0x00007ffffffffff0)
#define SLOT_PLAIN        UINT64_C(0x0000800000000000)
#define SLOT_LINK         UINT64_C(8)
#define SLOT_TAG_SHIFT    48
#define LINK_STAMPED      UINT64_C(1)
#define STAMP_NONE        UINT32_C(0)
#define SLOT_MARK_MASK    7u
#define SLOT_TAG_MASK     0xfffu
#define SLOT_HINT_SHIFT   60
#define HINT_MS_LOG2      12
#define HINT_MASK         15u

struct table_slot {
    uint64_t word;
};

struct line {
    _Alignas(64) struct table_slot slots[LINE_SLOTS];
};

struct lane {
    uint32_t stamps[LINE_SLOTS];
};

struct table {
    uint64_t buckets;
    uint64_t mask; /* of the level being grown into: 2^n - 1 with 2^(n-1) <= buckets < 2^n */
    struct segments lines;
    struct segments lanes, agendas; /* as many as lines; one for each group of buckets; or none */
    struct wheel *wheel;            /* of groups; NULL until something has a deadline */
    int64_t anchor_ms;              /* what was due before has been removed */
    size_t len;
    size_t overflow_slots;
    size_t overflow_bytes;
    size_t longest;    /* no bucket has room for more entries than this */
    size_t scan_steps; /* that table_fit() lets go by, since a scan passed here */
    uint64_t hash_seed;
};

struct overflow {
    struct table_slot *slots; /* NULL: there is none */
    uint32_t *stamps;         /* NULL: it has none */
    size_t capacity;
};

/* The entries of a bucket on their way to another. */
struct contents {
    uint64_t *words;
    uint32_t *stamps;
};

static inline uint64_t slot_word(uint64_t hash, const struct entry *entry)
{
    return (uint64_t)key_tag(hash) << SLOT_TAG_SHIFT | (uintptr_t)entry;
}

static inline bool slot_has_tag(struct table_slot slot, uint16_t tag)
{
    return (slot.word >> SLOT_TAG_SHIFT & SLOT_TAG_MASK) == tag;
}

static inline struct entry *slot_entry(uint64_t word)
{
    return (struct entry *)(uintptr_t)(word & SLOT_POINTER_MASK);
}

static inline unsigned slot_mark(const struct table_slot *slot)
{
    return (unsigned)slot->word & SLOT_MARK_MASK;
}

static inline void slot_set_mark(struct table_slot *slot, unsigned mark)
{
    slot->word = (slot->word & ~(uint64_t)SLOT_MARK_MASK) | mark;
}

static inline uint64_t bucket_of(const struct table *table, uint64_t hash)
{
    uint64_t bucket = hash & table->mask;
    return bucket < table->buckets ? bucket : bucket & table->mask >> 1;
}

static inline struct line *line_at(const struct table *table, uint64_t bucket)
{
    return segments_at(&table->lines, bucket, sizeof(struct line));
}

static inline struct lane *lane_at(const struct table *table, uint64_t bucket)
{
    return segments_at(&table->lanes, bucket, sizeof(struct lane));
}

static inline struct line *line_of(const struct table *table, uint64_t hash)
{
    return line_at(table, bucket_of(table, hash));
}

static inline bool line_is_linked(const struct line *line)
{
    return line->slots[LINK_AT].word & SLOT_LINK;
}

static inline struct overflow line_overflow(const struct line *line)
{
    uint64_t word = line->slots[LINK_AT].word;
    if (!(word & SLOT_LINK)) return (struct overflow){ 0 };
    struct overflow overflow = { .slots = (struct table_slot *)(uintptr_t)(word & SLOT_POINTER_MASK),
                                 .capacity = (size_t)(word >> SLOT_TAG_SHIFT) * OVERFLOW_STEP };
    if (word & LINK_STAMPED) overflow.stamps = (uint32_t *)(overflow.slots + overflow.capacity);
    return overflow;
}

static inline size_t overflow_size(size_t capacity, bool stamped)
{
    return capacity * (sizeof(struct table_slot) + (stamped ? sizeof(uint32_t) : 0));
}

/* Slot `i` of a bucket, wherever it is; NULL when it is empty or there is none. */
static inline struct table_slot *bucket_slot(struct line *line, size_t i)
{
    struct overflow overflow = line_overflow(line);
    size_t here = overflow.slots != NULL ? LINK_AT : LINE_SLOTS;
    struct table_slot *slot;
    if (i < here)
        slot = &line->slots[i];
    else if (i - here < overflow.capacity)
        slot = &overflow.slots[i - here];
    else
        return NULL;
    return slot->word != 0 ? slot : NULL;
}

/* The stamp of slot `i`, which there must be. */
static inline uint32_t bucket_stamp(const struct table *table, uint64_t bucket, size_t i)
{
    if (table->wheel == NULL) return STAMP_NONE;
    struct overflow overflow = line_overflow(line_at(table, bucket));
    if (overflow.slots == NULL || i < LINK_AT) return lane_at(table, bucket)->stamps[i];
    return overflow.stamps != NULL ? overflow.stamps[i - LINK_AT] : STAMP_NONE;
}

/* table_bucket.c: what changes one bucket. All keep the charges of `table`, none its length. */
size_t bucket_len(const struct line *line);
/* Without a deadline. */
void bucket_add(struct table *table, uint64_t bucket, uint64_t word);
void bucket_remove(struct table *table, uint64_t bucket, struct table_slot *slot);
/* In a table with deadlines. May move the bucket's overflow and thereby the slot. */
void bucket_set_stamp(struct table *table, uint64_t bucket, struct table_slot *slot, uint32_t stamp);
/* Let the stamp beside the link be that of the earliest in overflow. */
void bucket_set_bound(struct table *table, uint64_t bucket);
/* Free its overflow; the slots are stale. */
void bucket_drop(struct table *table, uint64_t bucket);
/* Copy what is in it, bucket_len() each, and leave it without overflow or stamps, its slots stale. */
size_t bucket_take(struct table *table, uint64_t bucket, struct contents contents);
/* Write a bucket that has no overflow and no stamps. */
void bucket_write(struct table *table, uint64_t bucket, struct contents contents, size_t len);

/* table_growth.c: a step or two towards the size that the length asks for. */
void table_grow(struct table *table);
void table_shrink(struct table *table);

#endif
