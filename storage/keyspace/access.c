#include "storage/keyspace/access.h"

/* One access to a thread: a second one might close the circle that rising order rules out. */
#ifndef NDEBUG
static _Thread_local bool thread_has_access;

void access_enter(void)
{
    REQUIRE(!thread_has_access);
    thread_has_access = true;
}

void access_leave(void)
{
    REQUIRE(thread_has_access);
    thread_has_access = false;
}
#endif

static struct stripe *stripe_at(const struct keyspace *keyspace, unsigned index)
{
    return &keyspace->stripes[index];
}

void access_open_shards(struct access *access, struct keyspace *keyspace, uint64_t shards)
{
    access_enter();
    *access = (struct access){ .keyspace = keyspace, .shards = shards };
    if (!keyspace->locking) return;
    for (; shards != 0; shards &= shards - 1) {
        pthread_mutex_lock(&stripe_at(keyspace, (unsigned)__builtin_ctzll(shards))->lock);
    }
}

void access_open_all(struct access *access, struct keyspace *keyspace)
{
    access_open_shards(access, keyspace, UINT64_MAX >> (64 - keyspace->options.shards));
}

void access_unlock(struct keyspace *keyspace, uint64_t shards)
{
    for (; shards != 0; shards &= shards - 1)
        pthread_mutex_unlock(&stripe_at(keyspace, (unsigned)__builtin_ctzll(shards))->lock);
}

void access_prefetch_bucket(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    struct stripe *stripe = access_stripe(keyspace, hash);
    if (keyspace->locking && pthread_mutex_trylock(&stripe->lock) != 0) return;
    shard_prefetch_bucket(stripe->shard, db, hash);
    if (keyspace->locking) pthread_mutex_unlock(&stripe->lock);
}

void access_prefetch_to_write(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    struct stripe *stripe = access_stripe(keyspace, hash);
    if (keyspace->locking && pthread_mutex_trylock(&stripe->lock) != 0) return;
    shard_prefetch_to_write(stripe->shard, db, hash);
    if (keyspace->locking) pthread_mutex_unlock(&stripe->lock);
}

bool access_prefetch_entry(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    struct stripe *stripe = access_stripe(keyspace, hash);
    if (keyspace->locking && pthread_mutex_trylock(&stripe->lock) != 0) return false;
    bool in_overflow = shard_prefetch_entry(stripe->shard, db, hash);
    if (keyspace->locking) pthread_mutex_unlock(&stripe->lock);
    return in_overflow;
}

void access_prefetch_overflow(struct keyspace *keyspace, unsigned db, uint64_t hash)
{
    struct stripe *stripe = access_stripe(keyspace, hash);
    if (keyspace->locking && pthread_mutex_trylock(&stripe->lock) != 0) return;
    shard_prefetch_overflow(stripe->shard, db, hash);
    if (keyspace->locking) pthread_mutex_unlock(&stripe->lock);
}

void access_prefetch_member(struct keyspace *keyspace, const struct shard_member *member,
                            enum shard_prefetch_step step)
{
    struct stripe *stripe = access_stripe(keyspace, member->key_hash);
    if (keyspace->locking && pthread_mutex_trylock(&stripe->lock) != 0) return;
    shard_prefetch_member(stripe->shard, member, step);
    if (keyspace->locking) pthread_mutex_unlock(&stripe->lock);
}
