/*
 * tracked_keys.h - which keys of a shard are in clients' caches, and in whose.
 *
 * A key is its 64-bit hash here: what a change says to whom it matters comes with the change, name included.
 * A key that one or two clients have read, or more of nearby numbers, costs a slot of sixteen bytes; others,
 * or a name that nothing else could tell, stand in a block of their own. Clients are numbers (trackers.h).
 *
 * The slots stand in pages of at most 4 KB, found by a directory of the hash's low bits (extendible hashing:
 * Fagin, Nievergelt, Pippenger and Strong 1979): a page that is full is made larger or divided, so no
 * addition and no removal moves more than one page, whatever the number of keys. A look-up touches the
 * directory and, mostly, one cache line.
 *
 * Two keys of one hash would be taken for one: with a random seed, 64 bits and a million keys that is one
 * chance in thirty million, and a client would then be told of the wrong one of the two.
 *
 * Ownership: lives in the caller's memory, all zero is an empty one. Threads: one at a time; its shard's
 * lock.
 */
#ifndef SERVER_EVENTS_TRACKING_TRACKED_KEYS_H
#define SERVER_EVENTS_TRACKING_TRACKED_KEYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* Numbers of clients are above 0 and at most this. */
#define TRACKED_NUMBER_MAX UINT32_C(0x7fffffff)

/* So many stand in a slot at most. */
#define TRACKED_FEW 32

struct tracked_record;

struct tracked_keys {
    uintptr_t *directory; /* pages, and in the low bits how large each is */
    unsigned depth;       /* bits of a hash that choose from it */
    size_t len;
    size_t items;         /* pairs of a key and a client */
    _Atomic size_t bytes; /* asked of the allocator; also read without the lock */
    size_t records;       /* keys that have a block of their own */
};

/* What was known of one key: who has it. */
struct tracked {
    uint64_t hash;
    size_t len;
    const uint32_t *numbers;
    struct slice name; /* empty where none was given */
    uint32_t few[TRACKED_FEW];
    struct tracked_record *record;
};

/* By any thread. */
static inline size_t tracked_keys_bytes(const struct tracked_keys *keys)
{
    return atomic_load_explicit(&keys->bytes, memory_order_relaxed);
}

/* Forget all, without a word to anyone. */
void tracked_keys_clear(struct tracked_keys *keys);
/* The same in steps of up to `pages`, of one that nothing else will be done with. `*at` begins as 0. False:
 * all is free. */
bool tracked_keys_dig(struct tracked_keys *keys, size_t *at, size_t pages);

enum tracked_add {
    TRACKED_UNKNOWN, /* nobody has the key: nothing was done */
    TRACKED_ALREADY,
    TRACKED_BY_ONE_MORE,
};
/* Client `number` has read the key, if others have. */
enum tracked_add tracked_keys_add(struct tracked_keys *keys, uint64_t hash, uint32_t number);
/* It is the first that has. A copy of `name` is kept, unless it is empty. */
void tracked_keys_begin(struct tracked_keys *keys, uint64_t hash, uint32_t number, struct slice name);

/* Is the client known to have it? */
bool tracked_keys_has(const struct tracked_keys *keys, uint64_t hash, uint32_t number);
/* Has anybody? */
bool tracked_keys_know(const struct tracked_keys *keys, uint64_t hash);

/* Nobody is known to have it any more: false if nobody was. Otherwise `*tracked` is the caller's, until
 * tracked_clear(); it must not be copied. */
bool tracked_keys_take(struct tracked_keys *keys, uint64_t hash, struct tracked *tracked);
/* The same for any key; false only if there is none. `random` chooses. */
bool tracked_keys_draw(struct tracked_keys *keys, uint64_t random, struct tracked *tracked);
void tracked_clear(struct tracked *tracked);

/* A look-up of this hash is to come. */
void tracked_keys_prefetch(const struct tracked_keys *keys, uint64_t hash);
/* When that has come: of what a slot has no room for. */
void tracked_keys_prefetch_readers(const struct tracked_keys *keys, uint64_t hash);

/* Walks all of it and asserts what it promises. */
void tracked_keys_check(const struct tracked_keys *keys);

#endif
