/*
 * buckets_fill.h - buckets made of many records at once (buckets.h).
 *
 *     struct buckets_fill fill;
 *     buckets_fill_init(&fill, buckets, records, bytes);
 *     for each record: buckets_fill_add(&fill, hash, &record);
 *     bool distinct = buckets_fill_end(&fill);
 *
 * The directory is made as long as it must be, records are dealt out to bins (bins.h), and every block is
 * made once: none grows, none is split, and they lie in memory in the order of the directory. Until the end
 * the buckets are empty, but what records have outside (buckets_keep()) is theirs.
 *
 * Threads: as value.h. What is needed on the way is as much memory as the records, and shrinks as that of the
 * buckets grows.
 */
#ifndef STORAGE_TYPES_BULK_BUCKETS_FILL_H
#define STORAGE_TYPES_BULK_BUCKETS_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/number.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/record.h"
#include "storage/types/bulk/bins.h"
#include "storage/types/large/buckets.h"

struct buckets_fill {
    struct buckets *buckets;
    struct bins bins;
    /* The records of one bucket that are distinct: where they are in the bin, sorted. */
    struct packed_piece *pieces;
    uint64_t *hashes;
    size_t count, cap;
    bool comes_twice; /* some key does */
};

/* The text in a block of its own: a pointer to it, in `scratch`. */
struct slice buckets_fill_outside(struct buckets_fill *fill, struct slice text,
                                  char scratch[RECORD_OUTSIDE_LEN]);

/* Of buckets that have no record. So many are to come, of so many bytes, as far as is known. */
void buckets_fill_init(struct buckets_fill *fill, struct buckets *buckets, size_t records, size_t bytes);

/* What an element is in a record: an integer if it is one, written to `scratch`; outside if it is long, owned
 * by the buckets then; or itself. By value, since what is copied through memory in pieces of two sizes makes
 * the processor wait. */
static inline struct slice buckets_fill_part(struct buckets_fill *fill, const struct atom *atom,
                                             char scratch[RECORD_OUTSIDE_LEN], bool *mark)
{
    struct slice text = slice_of(atom->text.data, atom->text.len);
    int64_t integer = atom->integer;
    bool may_be_integer = text.len <= NUMBER_I64_MAX && text.len > 0 && text.data[0] <= '9';
    if (text.data == NULL || (may_be_integer && number_parse_i64(text, &integer))) {
        *mark = true;
        return slice_of(scratch, record_put_integer(scratch, integer));
    }
    *mark = text.len > RECORD_INSIDE_MAX;
    return *mark ? buckets_fill_outside(fill, text, scratch) : text;
}

/* A record that was not looked for; it needs no tag. */
static inline void buckets_fill_add(struct buckets_fill *fill, uint64_t hash, const struct packed_new *record)
{
    bins_add(&fill->bins, hash, record);
}

/* To be called in any case. False: some key came twice; of those that did the first is there. */
bool buckets_fill_end(struct buckets_fill *fill);

#endif
