/*
 * draft.h - records gathered one behind the other, to become a packed block that is made once.
 *
 *     struct draft draft;
 *     draft_init(&draft, form);
 *     if (draft_size_with(&draft, len) > what is wanted) { block of draft_size(&draft); draft_write(); }
 *     draft_add(&draft, &record);
 *
 * What is gathered is copied, so that it need not stay where it came from.
 *
 * Threads: one owner. Ownership: lives in the owner's memory.
 */
#ifndef STORAGE_TYPES_BULK_DRAFT_H
#define STORAGE_TYPES_BULK_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/packed.h"

struct draft {
    struct packed_piece *pieces;
    size_t count, pieces_cap;
    char *records;
    size_t bytes, records_cap;
    size_t longest;
    unsigned form;
};

/* `form` is 0 or PACKED_TAGGED. */
void draft_init(struct draft *draft, unsigned form);
void draft_clear(struct draft *draft);

/* Of the block of all, and of one that has another record of `len` bytes. */
static inline size_t draft_size(const struct draft *draft)
{
    return packed_size_for(draft->form, draft->count, draft->bytes, draft->longest);
}

static inline size_t draft_size_with(const struct draft *draft, size_t len)
{
    size_t longest = draft->longest < len ? len : draft->longest;
    return packed_size_for(draft->form, draft->count + 1, draft->bytes + len, longest);
}

void draft_add(struct draft *draft, const struct packed_new *record);
/* A record of one part, without a tag. */
void draft_add_plain(struct draft *draft, struct slice bytes, bool mark);
/* The last one, of a draft that has any. Good until the next is added. */
static inline struct packed_record draft_last(const struct draft *draft)
{
    const struct packed_piece *last = &draft->pieces[draft->count - 1];
    return (struct packed_record){ slice_of(last->bytes, last->length & PACKED_RECORD_MAX),
                                   last->length >> 31 };
}

/* The block of all, to memory of draft_size() bytes; the draft has none then. The second writes the last one
 * first. */
void draft_write(struct draft *draft, char *to);
void draft_write_reversed(struct draft *draft, char *to);

#endif
