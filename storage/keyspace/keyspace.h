/*
 * keyspace.h - all shards, and what is true of them together.
 *
 * Threads: the structure is immutable once created; shards are reached through access.h. keyspace_len() and
 * the other sums read counters without locks and are exact only inside an access that holds all shards.
 */
#ifndef STORAGE_KEYSPACE_KEYSPACE_H
#define STORAGE_KEYSPACE_KEYSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/shard/shard.h"
#include "storage/table/key.h"

#define KEYSPACE_SHARDS_MAX 64

struct budget;
struct bumps;
struct change_listener;
struct database_set;
struct keyspace;
struct media_types;
struct tag_names;

struct keyspace_options {
    unsigned shards; /* a power of two, at most KEYSPACE_SHARDS_MAX */
    unsigned databases;
    bool locking; /* false: one thread only; no lock is ever taken */
    uint64_t hash_seed;
    struct burial_sink burials;
};

struct keyspace *keyspace_create(const struct keyspace_options *options);
void keyspace_destroy(struct keyspace **keyspace);

/* Who is told of changes (change.h): one for all shards, before any other thread knows the keyspace. */
void keyspace_listen(struct keyspace *keyspace, const struct change_listener *listener);
/* Which parts of the listener want to hear of a shard: shard_listened(). Set by one thread at a time, with or
 * without the shard's lock: whoever takes that later finds it set. */
void keyspace_set_listened(struct keyspace *keyspace, unsigned shard, uint32_t parts);
uint32_t keyspace_listened(const struct keyspace *keyspace, unsigned shard);

/* shard_charge_beside() of a shard, whose lock is held. */
void keyspace_charge_beside(struct keyspace *keyspace, unsigned shard, size_t old_bytes, size_t new_bytes);

/* What all its shards share: a limit, rules, and what is used. */
struct budget *keyspace_budget(struct keyspace *keyspace);

/* The clock of births, and what was bumped: of all databases. */
struct bumps *keyspace_bumps(struct keyspace *keyspace);
/* What dresses say in short. */
struct media_types *keyspace_media_types(struct keyspace *keyspace);
struct tag_names *keyspace_tag_names(struct keyspace *keyspace);

unsigned keyspace_shards(const struct keyspace *keyspace);
/* Of the hashes of keys, and of members. */
uint64_t keyspace_seed(const struct keyspace *keyspace);
unsigned keyspace_databases(const struct keyspace *keyspace);
/* Those of them that ever had a key: all that walks over databases walks over these. */
const struct database_set *keyspace_used_databases(const struct keyspace *keyspace);

struct key keyspace_key(const struct keyspace *keyspace, struct slice name);
unsigned keyspace_shard_of(const struct keyspace *keyspace, uint64_t hash);

/* Sums over the shards: all that is known of keys; the keys that exist, and of them those with a deadline. */
size_t keyspace_entries(const struct keyspace *keyspace, unsigned db);
size_t keyspace_len(const struct keyspace *keyspace, unsigned db);
size_t keyspace_deadlines(const struct keyspace *keyspace, unsigned db);
/* Keys of which some elements have deadlines. */
size_t keyspace_with_timed_elements(const struct keyspace *keyspace, unsigned db);
/* Keys that are dressed, fresh or not. */
size_t keyspace_dressed(const struct keyspace *keyspace, unsigned db);
struct shard_stats keyspace_stats(const struct keyspace *keyspace);

#endif
