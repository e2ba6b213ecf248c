/*
 * bins.h - records dealt out by where they belong in a table of linear hashing, before it is made.
 *
 *     record --hash--> bucket --> bin of some 1,024 buckets in a row: chunks that are written to one after
 * the other
 *
 * A table that is filled in the order of its source touches another place of memory with each record. Here
 * each record is written behind the last one of its bin, which are so few that all their ends are in the
 * cache; and a bin is so small that it is as a whole while its records are put in the order of their buckets.
 *
 * Threads: one owner. Ownership: lives in the owner's memory; the bytes of records are copied.
 */
#ifndef STORAGE_TYPES_BULK_BINS_H
#define STORAGE_TYPES_BULK_BINS_H

#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/packed.h"

struct bin;

/* One record, as it is found again: its tag is left out. */
struct binned {
    uint64_t hash;
    struct packed_piece piece;
};

struct bins {
    struct bin *items;
    size_t count;
    uint64_t buckets; /* of the table, */
    unsigned shift;   /* and the logarithm of those of a bin */
    struct binned *found, *sorted;
    size_t cap; /* of each */
    size_t *starts;
};

/* For a table of so many buckets, at least one. */
void bins_init(struct bins *bins, uint64_t buckets);
void bins_add(struct bins *bins, uint64_t hash, const struct packed_new *record);
/* The records of a bin in the order of their buckets, and in that of their coming within one: how many. They
 * are at bins->sorted until the next bin is asked for or this one is freed. */
size_t bins_sort(struct bins *bins, size_t bin);
void bins_free(struct bins *bins, size_t bin);
void bins_clear(struct bins *bins);

/* Where a hash belongs in a table that has so many buckets. */
static inline uint64_t bins_bucket(uint64_t hash, uint64_t buckets)
{
    uint64_t mask = UINT64_MAX >> __builtin_clzll(buckets), bucket = hash & mask;
    return bucket < buckets ? bucket : bucket & mask >> 1;
}

#endif
