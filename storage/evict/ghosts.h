/*
 * ghosts.h - who was evicted lately: fingerprints of 16 bits, eight to a bucket, the oldest overwritten.
 *
 * A ghost costs two bytes, and the answer is wrong once in some eight thousand questions. When the number
 * wanted changes by much, a new table is begun and the old one still asked until the new one is full, so that
 * nothing is moved.
 *
 * Threads: the owner's lock.
 */
#ifndef STORAGE_EVICT_GHOSTS_H
#define STORAGE_EVICT_GHOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GHOSTS_WAYS 8

struct ghost_table {
    uint16_t *prints; /* newest first in each bucket; 0: none. NULL: no table */
    size_t buckets;   /* a power of two */
};

struct ghosts {
    struct ghost_table now;
    struct ghost_table old;
    size_t added; /* to `now` since there is an old one */
};

/* All zero remembers nobody. */
void ghosts_clear(struct ghosts *ghosts);
/* Remember between half of `entries` and all. */
void ghosts_fit(struct ghosts *ghosts, size_t entries);
void ghosts_add(struct ghosts *ghosts, uint64_t hash);
/* Whether it was there; it no longer is. */
bool ghosts_take(struct ghosts *ghosts, uint64_t hash);
size_t ghosts_bytes(const struct ghosts *ghosts);

#endif
