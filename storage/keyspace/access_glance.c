#include "storage/keyspace/access_glance.h"

#include <stddef.h>

#include "storage/keyspace/keyspace_state.h"

static inline __attribute__((always_inline)) struct shard *look(struct keyspace *keyspace, unsigned index)
{
    struct stripe *stripe = &keyspace->stripes[index];
    if (!keyspace->locking) return stripe->shard;
    if (pthread_mutex_trylock(&stripe->lock) != 0) return NULL;
    if (__builtin_expect(!stripe->kept, 1)) return stripe->shard;
    pthread_mutex_unlock(&stripe->lock);
    return NULL;
}

static inline __attribute__((always_inline)) void end(struct keyspace *keyspace, unsigned index)
{
    if (keyspace->locking) pthread_mutex_unlock(&keyspace->stripes[index].lock);
}

struct shard *access_glance(struct keyspace *keyspace, unsigned index)
{
    return look(keyspace, index);
}

void access_glance_end(struct keyspace *keyspace, unsigned index)
{
    end(keyspace, index);
}

void access_prefetch_bucket(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    unsigned index = keyspace_shard_at(keyspace, hash);
    struct shard *shard = look(keyspace, index);
    if (shard == NULL) return;
    shard_prefetch_bucket(shard, db, hash);
    end(keyspace, index);
}

void access_prefetch_to_write(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    unsigned index = keyspace_shard_at(keyspace, hash);
    struct shard *shard = look(keyspace, index);
    if (shard == NULL) return;
    shard_prefetch_to_write(shard, db, hash);
    end(keyspace, index);
}

bool access_prefetch_entry(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    unsigned index = keyspace_shard_at(keyspace, hash);
    struct shard *shard = look(keyspace, index);
    if (shard == NULL) return false;
    bool in_overflow = shard_prefetch_entry(shard, db, hash);
    end(keyspace, index);
    return in_overflow;
}

void access_prefetch_overflow(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    unsigned index = keyspace_shard_at(keyspace, hash);
    struct shard *shard = look(keyspace, index);
    if (shard == NULL) return;
    shard_prefetch_overflow(shard, db, hash);
    end(keyspace, index);
}

bool access_prefetch_members(struct keyspace *keyspace, const struct shard_member *members, size_t count,
                             unsigned step)
{
    unsigned index = keyspace_shard_at(keyspace, members->key_hash);
    struct shard *shard = look(keyspace, index);
    if (shard == NULL) return true;
    bool goes_on = shard_prefetch_members(shard, members, count, step);
    end(keyspace, index);
    return goes_on;
}
