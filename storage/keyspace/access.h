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
#ifndef STORAGE_KEYSPACE_ACCESS_H
#define STORAGE_KEYSPACE_ACCESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/contract.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/keyspace_state.h"

struct access {
    struct keyspace *keyspace;
    uint64_t shards; /* a bit for each shard that is open */
};

#ifdef NDEBUG
static inline void access_enter(void) {}
static inline void access_leave(void) {}
#else
/* Assert the one at a time. */
void access_enter(void);
void access_leave(void);
#endif

static inline struct stripe *access_stripe(const struct keyspace *keyspace, uint64_t hash)
{
    return &keyspace->stripes[keyspace_shard_at(keyspace, hash)];
}

static inline void access_open(struct access *access, struct keyspace *keyspace, uint64_t hash)
{
    access_enter();
    unsigned index = keyspace_shard_at(keyspace, hash);
    *access = (struct access){ .keyspace = keyspace, .shards = UINT64_C(1) << index };
    if (keyspace->locking) pthread_mutex_lock(&keyspace->stripes[index].lock);
}

/* The shards whose bits are set: the caller ors keyspace_shard_bit() of its hashes. */
void access_open_shards(struct access *access, struct keyspace *keyspace, uint64_t shards);
void access_open_all(struct access *access, struct keyspace *keyspace);

void access_unlock(struct keyspace *keyspace, uint64_t shards);
static inline void access_close(struct access *access)
{
    access_leave();
    if (access->keyspace->locking) access_unlock(access->keyspace, access->shards);
    access->shards = 0;
}

static inline uint64_t access_bit(const struct keyspace *keyspace, uint64_t hash)
{
    return UINT64_C(1) << keyspace_shard_at(keyspace, hash);
}

/* The shard of a hash or at an index: it must be open. */
static inline struct shard *access_shard_at(const struct access *access, unsigned index)
{
    REQUIRE(access->shards >> index & 1);
    return access->keyspace->stripes[index].shard;
}

static inline struct shard *access_shard(const struct access *access, uint64_t hash)
{
    return access_shard_at(access, keyspace_shard_at(access->keyspace, hash));
}

/* Does anybody listen to what happens in any shard? Mostly not: then a change need not be told. */
static inline bool access_is_heard(const struct access *access)
{
    uint32_t heard = atomic_load_explicit(&access->keyspace->heard, memory_order_relaxed);
    return __builtin_expect(heard != 0, 0);
}

/* Prefetch for a later access, without opening one: skips a shard whose lock is taken. See table.h. */
void access_prefetch_bucket(struct keyspace *keyspace, unsigned db, uint64_t hash);
void access_prefetch_to_write(struct keyspace *keyspace, unsigned db, uint64_t hash);
bool access_prefetch_entry(struct keyspace *keyspace, unsigned db, uint64_t hash);
void access_prefetch_overflow(struct keyspace *keyspace, unsigned db, uint64_t hash);
void access_prefetch_member(struct keyspace *keyspace, const struct shard_member *member,
                            enum shard_prefetch_step step);

#endif
