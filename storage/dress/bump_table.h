/*
 * bump_table.h - the numbers of bumped tags, by the hash of the tag.
 *
 * Open addressing. One thread writes, under its owner's lock; others read meanwhile, without one: a slot's
 * numbers are written before its tag, and the number before the last before the last. A table never grows and
 * loses nothing: it is replaced.
 *
 * Threads: bumps.h.
 */
#ifndef STORAGE_DRESS_BUMP_TABLE_H
#define STORAGE_DRESS_BUMP_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0: never bumped so. */
struct bump {
    _Atomic uint64_t tag; /* 0: the slot is free */
    _Atomic uint64_t hard, hard_before;
    _Atomic uint64_t soft, soft_before;
};

struct bump_table {
    size_t capacity; /* a power of two */
    size_t len;
    struct bump_table *next; /* once it is replaced: bumps.c */
    uint64_t unpassed;
    struct bump slots[];
};

/* All of these take NULL for an empty table. */
struct bump *bump_table_find(const struct bump_table *table, uint64_t tag);
/* Is there anything of that tag? For the path of reads: mostly there is not. */
static inline bool bump_table_knows(const struct bump_table *table, uint64_t tag)
{
    if (table == NULL) return false;
    size_t last = table->capacity - 1;
    for (size_t i = tag & last;; i = (i + 1) & last) {
        uint64_t there = atomic_load_explicit(&table->slots[i].tag, memory_order_acquire);
        if (there == 0 || there == tag) return there != 0;
    }
}
bool bump_table_has_room(const struct bump_table *table);
size_t bump_table_bytes(const struct bump_table *table);
void bump_table_destroy(struct bump_table **table);

/* The same with room for as many again. */
struct bump_table *bump_table_larger(const struct bump_table *table);
/* Those whose last number is `number` or higher: a table, and how many. */
struct bump_table *bump_table_behind(const struct bump_table *table, uint64_t number);
size_t bump_table_count_behind(const struct bump_table *table, uint64_t number);
/* A number that half of the last numbers are below. Of a table with two or more. */
uint64_t bump_table_median(const struct bump_table *table);

/* Of a tag that is not there, in a table that has room. */
struct bump *bump_table_add(struct bump_table *table, uint64_t tag);
/* The same number twice is once. */
void bump_write(struct bump *bump, bool hard, uint64_t number);

/* The last number that is no higher than `seen`; UINT64_MAX where that is not kept any more. 0: none. */
uint64_t bump_hard(const struct bump *bump, uint64_t seen);
/* The same, but the one before it where that is higher than `born` as well: grace counts from the first. */
uint64_t bump_soft(const struct bump *bump, uint64_t seen, uint64_t born);

#endif
