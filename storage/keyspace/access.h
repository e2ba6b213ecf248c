/*
 * access.h - the one place that knows lock order.
 *
 * Whoever wants to touch keys opens an access that names them; it locks their shards and hands them out. One
 * key: one lock. Several: the union. What cannot be known beforehand: all. In a keyspace of one thread
 * nothing is locked.
 *
 * Who waits holds nothing. A lock that cannot be had at once is waited for with nothing in hand, and then the
 * others are tried: nothing has run yet. Who had to begin again three times takes *the token*, as do those
 * who open all shards, and those who must be able to open one more on the way (access_extend()). There is one
 * token, so its holder may wait while it holds: whoever it waits for holds no token, waits for nothing, and
 * ends. So no two accesses wait for each other.
 *
 * Nobody waits for long. What somebody keeps for long (hold.h) is not waited for: the access is not opened,
 * and the caller parks what it was about to do, or goes without.
 *
 * Threads: an access lives on the stack of one thread, which holds at most one at a time and takes none under
 * a leaf's lock (rank.h). Inside one nobody waits, sleeps or calls the kernel.
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
#include "storage/keyspace/rank.h"

struct access {
    struct keyspace *keyspace;
    uint64_t shards; /* a bit for each shard that is open */
    bool token;      /* with the token */
    bool kept;       /* for long: hold.h */
};

/* Below, false says that somebody keeps a shard, or the token, for long: nothing is open. */
#define ACCESS_MAY_FAIL __attribute__((warn_unused_result))

static inline struct stripe *access_stripe(const struct keyspace *keyspace, uint64_t hash)
{
    return &keyspace->stripes[keyspace_shard_at(keyspace, hash)];
}

/* Undo what access_open() did with the lock of one shard that is kept. False. */
bool access_refuse(struct access *access);

static inline ACCESS_MAY_FAIL bool access_open(struct access *access, struct keyspace *keyspace,
                                               uint64_t hash)
{
    rank_take(RANK_ACCESS);
    unsigned index = keyspace_shard_at(keyspace, hash);
    struct stripe *stripe = &keyspace->stripes[index];
    *access = (struct access){ .keyspace = keyspace, .shards = UINT64_C(1) << index };
    if (!keyspace->locking) return true;
    pthread_mutex_lock(&stripe->lock);
    return __builtin_expect(!stripe->kept, 1) || access_refuse(access);
}

/* The shards whose bits are set, at least one: the caller ors access_bit() of its hashes. */
ACCESS_MAY_FAIL bool access_open_shards(struct access *access, struct keyspace *keyspace, uint64_t shards);
/* One by its index. */
ACCESS_MAY_FAIL bool access_open_at(struct access *access, struct keyspace *keyspace, unsigned index);
/* With the token, so that it can be extended. `shards` may be 0: none yet. */
ACCESS_MAY_FAIL bool access_open_token(struct access *access, struct keyspace *keyspace, uint64_t shards);
ACCESS_MAY_FAIL bool access_open_all(struct access *access, struct keyspace *keyspace);

/* One shard more, of an access with the token. Always succeeds. */
void access_extend(struct access *access, uint64_t hash);

/* The same of several, a bit for each. */
void access_extend_shards(struct access *access, uint64_t shards);

/* As access_open() and access_open_all(), where nothing is ever kept for long: keys that are an upstream's.
 */
void access_get(struct access *access, struct keyspace *keyspace, uint64_t hash);
void access_get_all(struct access *access, struct keyspace *keyspace);

void access_unlock(struct access *access);
/* Of one that is open, and is not kept for long. */
static inline void access_close(struct access *access)
{
    if (access->keyspace->locking) access_unlock(access);
    access->shards = 0;
    rank_drop(RANK_ACCESS);
}

static inline uint64_t access_bit(const struct keyspace *keyspace, uint64_t hash)
{
    return UINT64_C(1) << keyspace_shard_at(keyspace, hash);
}

static inline uint64_t access_all_bits(const struct keyspace *keyspace)
{
    return UINT64_MAX >> (64 - keyspace->options.shards);
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

#endif
