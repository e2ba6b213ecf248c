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
 * Many requests in a row may be of one key, that of a large collection: then it is fetched with the first.
 *
 * A request that looks up a member of a collection misses twice more, in the collection's directory and in
 * the block that it names. Such a member goes the same way behind its key, three steps more; the steps before
 * are then so much further ahead.
 *
 * Threads: the owning loop. All zero is empty.
 */
#ifndef SERVER_EXEC_PREFETCH_H
#define SERVER_EXEC_PREFETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/keyspace/access_glance.h"

#define PREFETCH_KEYS 1024

enum prefetch_use {
    PREFETCH_READ,
    PREFETCH_WRITE, /* it may be changed */
    PREFETCH_AGAIN, /* it is the one before: there is nothing to fetch */
};

struct prefetch_key {
    uint64_t hash;
    uint32_t db;
    uint32_t use; /* enum prefetch_use */
};

struct prefetch_members {
    size_t len;
    size_t taken[SHARD_PREFETCH_STEPS]; /* how many have taken each step */
    struct shard_member items[PREFETCH_KEYS];
    uint16_t ends[PREFETCH_KEYS]; /* it is needed together with the key before this one */
    bool there[PREFETCH_KEYS];    /* all of it is on its way */
};

struct prefetch {
    size_t len;
    size_t fetched; /* keys whose bucket is on its way */
    size_t looked;  /* keys whose bucket was looked at */
    size_t through; /* keys that have taken each step, with their members */
    size_t overflow_len;
    size_t followed; /* of those in an overflow, how many have taken their further step */
    struct prefetch_key keys[PREFETCH_KEYS];
    uint16_t overflow[PREFETCH_KEYS]; /* keys that their buckets do not have, but maybe the overflow */
    struct prefetch_members members;
};

static inline size_t prefetch_room(const struct prefetch *prefetch)
{
    return PREFETCH_KEYS - prefetch->len;
}

/* One key more, for which there must be room. `to_write`: it may be changed. */
static inline void prefetch_add(struct prefetch *prefetch, unsigned db, uint64_t hash, bool to_write)
{
    prefetch->keys[prefetch->len++] =
        (struct prefetch_key){ .hash = hash, .db = db, .use = to_write ? PREFETCH_WRITE : PREFETCH_READ };
}

/* The same of the first key of a request, which may be that of the request before. */
static inline void prefetch_add_first(struct prefetch *prefetch, unsigned db, uint64_t hash, bool to_write)
{
    size_t len = prefetch->len;
    bool again = len > 0 && prefetch->keys[len - 1].hash == hash && prefetch->keys[len - 1].db == db;
    prefetch_add(prefetch, db, hash, to_write);
    if (__builtin_expect(again, 0)) prefetch->keys[len].use = PREFETCH_AGAIN;
}

/* A member of the collection that the key added last has; `hash` is the member's. */
static inline void prefetch_add_member(struct prefetch *prefetch, uint64_t hash)
{
    const struct prefetch_key *key = &prefetch->keys[prefetch->len - 1];
    struct prefetch_members *members = &prefetch->members;
    size_t at = members->len++;
    members->items[at] = (struct shard_member){ .key_hash = key->hash, .member_hash = hash, .db = key->db };
    members->ends[at] = (uint16_t)prefetch->len;
    members->there[at] = false;
}

void prefetch_next_group(struct prefetch *prefetch, struct keyspace *keyspace, size_t end);

/* The first `end` keys are what is used next. */
static inline void prefetch_advance(struct prefetch *prefetch, struct keyspace *keyspace, size_t end)
{
    if (end > prefetch->through) prefetch_next_group(prefetch, keyspace, end);
}
void prefetch_reset(struct prefetch *prefetch);

#endif
