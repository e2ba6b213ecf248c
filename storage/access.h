/*
 * access.h - the one place that knows lock order.
 *
 * Whoever wants to touch keys opens an access that names them; it locks their shards in rising index order,
 * so no two accesses can wait for each other, and hands out the shards. One key: one lock. Several: the
 * union. What cannot be known beforehand: all. In a keyspace of one thread nothing is locked.
 *
 * Threads: an access lives on the stack of one thread, which holds at most one at a time (asserted in debug
 * builds). It must not outlive the command and nobody waits, sleeps or calls the kernel inside one.
 */
#ifndef STORAGE_ACCESS_H
#define STORAGE_ACCESS_H

#include <stdint.h>

#include "storage/keyspace.h"

struct access {
    struct keyspace *keyspace;
    uint64_t shards; /* a bit for each shard that is open */
};

void access_open(struct access *access, struct keyspace *keyspace, uint64_t hash);
/* The shards whose bits are set: the caller ors keyspace_shard_bit() of its hashes. */
void access_open_shards(struct access *access, struct keyspace *keyspace, uint64_t shards);
void access_open_all(struct access *access, struct keyspace *keyspace);
void access_close(struct access *access);

static inline uint64_t access_bit(const struct keyspace *keyspace, uint64_t hash)
{
    return UINT64_C(1) << keyspace_shard_of(keyspace, hash);
}

/* The shard of a hash or at an index: it must be open. */
struct shard *access_shard(const struct access *access, uint64_t hash);
struct shard *access_shard_at(const struct access *access, unsigned index);

/* Prefetch for a later access, without opening one: skips a shard whose lock is taken. See table.h. */
void access_prefetch_bucket(struct keyspace *keyspace, unsigned db, uint64_t hash);
void access_prefetch_to_write(struct keyspace *keyspace, unsigned db, uint64_t hash);
bool access_prefetch_entry(struct keyspace *keyspace, unsigned db, uint64_t hash);
void access_prefetch_overflow(struct keyspace *keyspace, unsigned db, uint64_t hash);

#endif
