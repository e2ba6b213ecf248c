#include "proto/base/chains.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

#define CAP_MIN 8

static struct chain **bucket_of(const struct chains *chains, uint64_t hash)
{
    return &chains->buckets[hash & (chains->cap - 1)];
}

static void push(struct chains *chains, struct chain *chain)
{
    struct chain **bucket = bucket_of(chains, chain->hash);
    chain->next = *bucket;
    *bucket = chain;
}

static void resize(struct chains *chains, size_t cap)
{
    struct chains old = *chains;
    chains->buckets = alloc_zeroed(cap * sizeof(*chains->buckets));
    chains->cap = cap;
    for (size_t i = 0; i < old.cap; i++) {
        for (struct chain *chain = old.buckets[i], *next; chain != NULL; chain = next) {
            next = chain->next;
            push(chains, chain);
        }
    }
    alloc_free(old.buckets);
}

void chains_add(struct chains *chains, struct chain *chain, uint64_t hash)
{
    if (chains->len == chains->cap) resize(chains, chains->cap > 0 ? 2 * chains->cap : CAP_MIN);
    chain->hash = hash;
    push(chains, chain);
    chains->len++;
}

void chains_remove(struct chains *chains, struct chain *chain)
{
    struct chain **at = bucket_of(chains, chain->hash);
    while (*at != chain) {
        INVARIANT(*at != NULL);
        at = &(*at)->next;
    }
    *at = chain->next;
    chains->len--;
}

void chains_shrink(struct chains *chains)
{
    while (chains->cap > CAP_MIN && chains->len < chains->cap / 4) resize(chains, chains->cap / 2);
}

void chains_clear(struct chains *chains)
{
    alloc_free(chains->buckets);
    *chains = (struct chains){ 0 };
}

/* FNV-1a, of 64 bits. */
uint64_t chains_hash_name(struct slice name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ ((unsigned char)name.data[i] | 0x20)) * UINT64_C(0x100000001b3);
    return hash;
}

struct chain *chains_next(const struct chains *chains, struct chains_walk *walk)
{
    while (walk->next == NULL && walk->bucket < chains->cap) walk->next = chains->buckets[walk->bucket++];
    struct chain *chain = walk->next;
    if (chain != NULL) walk->next = chain->next;
    return chain;
}
