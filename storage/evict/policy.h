/*
 * policy.h - whom a shard parts with when room is needed.
 *
 * A policy is a few functions that a shard calls at the three moments that matter: an entry comes, is used,
 * must go. What a policy remembers of an entry is its access word (32 bits in the entry) and its mark (3 bits
 * in the slot); what it remembers besides stands in struct evictor and struct database.
 *
 * Policies may be exchanged at any time. The next one finds access words and marks as the last one left them:
 * a word that was a stamp is then read as a count, or the other way round, until the entry is used again.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_EVICT_POLICY_H
#define STORAGE_EVICT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct entry;
struct shard;
struct table_slot;

struct evict_policy {
    const char *name;
    bool counts_uses; /* the access word is lfu.h's, not a stamp of use_clock.h */

    /* The entry in `slot` was read or is about to be written over. */
    void (*use)(struct shard *shard, struct database *database, struct table_slot *slot);
    /* `entry` is about to be put into the table, while there is a limit. Returns its mark. NULL: nothing to
     * do. */
    unsigned (*add)(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry);
    /* Evict one entry, or remove what was met expired, in favour of `need` bytes. False: there is nothing
     * that it may evict. */
    bool (*evict)(struct shard *shard, size_t need);
};

extern const struct evict_policy evict_none;     /* noeviction */
extern const struct evict_policy evict_lru;      /* the one used longest ago */
extern const struct evict_policy evict_lfu;      /* the one used least often */
extern const struct evict_policy evict_random;   /* any */
extern const struct evict_policy evict_ttl;      /* the one with the nearest deadline */
extern const struct evict_policy evict_adaptive; /* S3A, adaptive.h */

#endif
