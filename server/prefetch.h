/*
 * prefetch.h - the keys that a batch's requests name, and their memory on its way into the cache.
 *
 * A look-up in a large keyspace misses the cache twice, for the bucket and for the entry, and a miss takes
 * longer than all else that a GET does. So keys go their way in steps, each of them a group of keys ahead of
 * the next: the bucket is fetched; then the entry, whose address stands there; and an entry in the bucket's
 * overflow takes a step more. The keys of a group take a step one right after the other, because a core waits
 * for the address translation of a prefetch, and only of those that it sees together does it several at a
 * time: that is worth a fifth of a GET's time at depth 64. There are never many under way at once, since a
 * core drops prefetches that it has no buffer for.
 *
 * Threads: the owning loop. All zero is empty.
 */
#ifndef SERVER_PREFETCH_H
#define SERVER_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/keyspace/access.h"

#define PREFETCH_KEYS 1024

struct prefetch_key {
    uint64_t hash;
    unsigned db;
    bool to_write;    /* it may be changed */
    bool in_overflow; /* its bucket is known not to have it, but has an overflow */
};

struct prefetch {
    size_t len;
    size_t fetched;  /* keys whose bucket is on its way */
    size_t looked;   /* keys whose bucket was looked at */
    size_t followed; /* keys that are through */
    struct prefetch_key keys[PREFETCH_KEYS];
};

static inline size_t prefetch_room(const struct prefetch *prefetch)
{
    return PREFETCH_KEYS - prefetch->len;
}

/* One key more, for which there must be room. `to_write`: it may be changed. */
static inline void prefetch_add(struct prefetch *prefetch, unsigned db, uint64_t hash, bool to_write)
{
    prefetch->keys[prefetch->len++] = (struct prefetch_key){ .hash = hash, .db = db, .to_write = to_write };
}

void prefetch_next_group(struct prefetch *prefetch, struct keyspace *keyspace, size_t end);

/* The first `end` keys are what is used next. */
static inline void prefetch_advance(struct prefetch *prefetch, struct keyspace *keyspace, size_t end)
{
    if (end > prefetch->followed) prefetch_next_group(prefetch, keyspace, end);
}
void prefetch_reset(struct prefetch *prefetch);

#endif
