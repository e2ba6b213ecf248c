#include "storage/keyspace/hold.h"

#include <stdatomic.h>

#include "proto/base/contract.h"
#include "storage/keyspace/access.h"

/* The marks of waiters and the looks at what they wait for are in one order for all threads: either the
 * waiter sees that the way is free, or its mark is seen by who made it free. */

bool hold_open(struct access *access, struct keyspace *keyspace, uint64_t shards)
{
    if (!access_open_token(access, keyspace, shards)) return false;
    if (atomic_load(&keyspace->owed) == 0) return true;
    access_close(access);
    return false;
}

static void mark(struct stripe *stripe)
{
    stripe->kept = true;
    pthread_mutex_unlock(&stripe->lock);
}

static void unmark(struct stripe *stripe)
{
    pthread_mutex_lock(&stripe->lock);
    stripe->kept = false;
    pthread_mutex_unlock(&stripe->lock);
}

static void each(struct access *access, void (*visit)(struct stripe *stripe))
{
    if (!access->keyspace->locking) return;
    for (uint64_t left = access->shards; left != 0; left &= left - 1)
        visit(&access->keyspace->stripes[__builtin_ctzll(left)]);
}

void hold_keep(struct access *access)
{
    REQUIRE(access->token && !access->kept);
    each(access, mark);
    if (access->keyspace->locking) mark(&access->keyspace->token);
    access->kept = true;
    rank_drop(RANK_ACCESS);
}

/* The token last, and not before those who waited are owed their turn. */
uint64_t hold_close(struct access *access)
{
    REQUIRE(access->kept);
    struct keyspace *keyspace = access->keyspace;
    each(access, unmark);
    uint64_t waiting = atomic_exchange(&keyspace->waiting, 0);
    atomic_fetch_or(&keyspace->owed, waiting);
    if (keyspace->locking) unmark(&keyspace->token);
    access->shards = 0;
    access->token = access->kept = false;
    return waiting | atomic_exchange(&keyspace->waiting, 0);
}

void hold_wait(struct keyspace *keyspace, unsigned waiter)
{
    REQUIRE(waiter < 64);
    atomic_fetch_or(&keyspace->waiting, UINT64_C(1) << waiter);
}

uint64_t hold_asked(struct keyspace *keyspace, unsigned waiter)
{
    uint64_t bit = UINT64_C(1) << waiter;
    uint64_t before = atomic_fetch_and(&keyspace->owed, ~bit);
    return before == bit ? atomic_exchange(&keyspace->waiting, 0) : 0;
}
