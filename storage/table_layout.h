/*
 * table_layout.h - slots, lines and overflow of a table, for table*.c and, as to marks, evict/.
 *
 * A slot is  tag:16 | pointer:44 | 0 | mark:3,  entries being aligned to 16 bytes. The mark belongs to the
 * eviction policy: it is masked when the pointer is read and travels with the slot.
 *
 * A bucket's slots are used from the front. When a ninth entry comes, the last slot becomes a link,
 *      capacity / 4 : 16 | pointer:44 | 1 | 0,
 * to an overflow array that holds the eighth entry and what follows, used from the front as well and sized in
 * fours of slots: half a cache line at first. Two entries or more are in it, else it is dissolved.
 */
#ifndef STORAGE_TABLE_LAYOUT_H
#define STORAGE_TABLE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/block.h"
#include "storage/entry.h"
#include "storage/key.h"
#include "storage/segments.h"
#include "storage/table.h"

#define LINE_SLOTS        8
#define LINK_AT           (LINE_SLOTS - 1)
#define OVERFLOW_STEP     4
#define SLOT_POINTER_MASK UINT64_C(0x0000fffffffffff0)
#define SLOT_LINK         UINT64_C(8)
#define SLOT_TAG_SHIFT    48
#define SLOT_MARK_MASK    7u

struct table_slot {
    uint64_t word;
};

struct line {
    _Alignas(SEGMENTS_LINE_BYTES) struct table_slot slots[LINE_SLOTS];
};

struct table {
    uint64_t buckets;
    uint64_t mask; /* of the level being grown into: 2^n - 1 with 2^(n-1) <= buckets < 2^n */
    struct segments segments;
    size_t len;
    size_t overflow_bytes;
    size_t longest; /* no bucket has room for more entries than this */
    uint64_t hash_seed;
};

struct overflow {
    struct table_slot *slots; /* NULL: there is none */
    size_t capacity;
};

static inline uint64_t slot_word(uint64_t hash, const struct entry *entry)
{
    return (uint64_t)key_tag(hash) << SLOT_TAG_SHIFT | (uintptr_t)entry;
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
    return segments_line(&table->segments, bucket);
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
    return (struct overflow){ (struct table_slot *)(uintptr_t)(word & SLOT_POINTER_MASK),
                              (size_t)(word >> SLOT_TAG_SHIFT) * OVERFLOW_STEP };
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

/* table_bucket.c: what changes one bucket. All keep the charges of `table`, none its length. */
size_t bucket_len(const struct line *line);
void bucket_add(struct table *table, struct line *line, uint64_t word);
void bucket_remove(struct table *table, struct line *line, struct table_slot *slot);
/* Free its overflow; the slots are stale. */
void bucket_drop(struct table *table, struct line *line);
/* Copy its words to `words`, room for `bucket_len()`, and leave the bucket without overflow, its slots stale.
 */
size_t bucket_take(struct table *table, struct line *line, uint64_t *words);
/* Write a bucket that has no overflow. */
void bucket_write(struct table *table, struct line *line, const uint64_t *words, size_t len);

/* table_growth.c: a step or two towards the size that the length asks for. */
void table_grow(struct table *table);
void table_shrink(struct table *table);

#endif
