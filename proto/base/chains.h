/*
 * chains.h - a hash table of things that carry their place in it themselves.
 *
 * Each has a `struct chain` as its first member. The table knows hashes, its user what is equal:
 *
 *     for (struct chain *at = chains_find(&table, hash); at != NULL; at = chain_next(at)) {
 *         struct thing *thing = (struct thing *)at;
 *         if (thing->number == number) return thing;
 *     }
 *
 * It doubles when there are as many things as buckets, at once, and never shrinks by itself: for what comes
 * and goes with clients, not for keys, which are in storage/table.
 *
 * Threads: none of its own. Ownership: the things are the user's, the buckets the table's.
 */
#ifndef PROTO_BASE_CHAINS_H
#define PROTO_BASE_CHAINS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct chain {
    struct chain *next; /* in its bucket */
    uint64_t hash;
};

/* All zero is an empty one. */
struct chains {
    struct chain **buckets;
    size_t cap; /* 0, or a power of two: the low bits of a hash say which */
    size_t len;
};

void chains_add(struct chains *chains, struct chain *chain, uint64_t hash);
/* It is there. */
void chains_remove(struct chains *chains, struct chain *chain);
/* Halve the buckets as long as three in four are empty. */
void chains_shrink(struct chains *chains);
/* Forget them all, and free the buckets. */
void chains_clear(struct chains *chains);

/* Hashes for tables whose things go by a number that rises (such as an id, of which each loop has some), or
 * by a short name in which the case of ASCII letters does not count. Neither stands up to somebody who
 * chooses what to add. */
static inline uint64_t chains_hash_number(uint64_t number)
{
    return number * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

uint64_t chains_hash_name(struct slice name);

/* The first from `chain` on, itself included, that has this hash; NULL: there is none. */
static inline struct chain *chain_of_hash(struct chain *chain, uint64_t hash)
{
    while (chain != NULL && chain->hash != hash) chain = chain->next;
    return chain;
}

/* The first of this hash, and the next of the same; NULL: there is none. */
static inline struct chain *chains_find(const struct chains *chains, uint64_t hash)
{
    if (chains->len == 0) return NULL;
    return chain_of_hash(chains->buckets[hash & (chains->cap - 1)], hash);
}

static inline struct chain *chain_next(const struct chain *chain)
{
    return chain_of_hash(chain->next, chain->hash);
}

/* All zero before the first. */
struct chains_walk {
    size_t bucket;
    struct chain *next;
};

/* The next of all, in no order; NULL: there are no more. Nothing is added meanwhile; what was told last may
 * be taken out, or freed if the table is cleared then. */
struct chain *chains_next(const struct chains *chains, struct chains_walk *walk);

#endif
