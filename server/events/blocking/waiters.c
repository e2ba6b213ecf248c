#include "server/events/blocking/waiters.h"

#include "proto/base/contract.h"
#include "proto/base/holder.h"
#include "storage/keyspace/rank.h"

void waiters_init(struct waiters *waiters)
{
    *waiters = (struct waiters){ 0 };
    pthread_mutex_init(&waiters->lock, NULL);
}

void waiters_clear(struct waiters *waiters)
{
    REQUIRE(waiters->chains.len == 0);
    chains_clear(&waiters->chains);
    pthread_mutex_destroy(&waiters->lock);
}

/* Numbers rise one by one, and so are hashes of themselves. */
void waiters_add(struct waiters *waiters, struct waiter *waiter)
{
    leaf_lock(&waiters->lock);
    chains_add(&waiters->chains, &waiter->by_id, waiter->id);
    leaf_unlock(&waiters->lock);
}

void waiters_remove(struct waiters *waiters, struct waiter *waiter)
{
    leaf_lock(&waiters->lock);
    chains_remove(&waiters->chains, &waiter->by_id);
    leaf_unlock(&waiters->lock);
}

struct waiter *waiters_claim(struct waiters *waiters, uint64_t id, enum waiter_state how)
{
    leaf_lock(&waiters->lock);
    struct chain *found = chains_find(&waiters->chains, id);
    struct waiter *waiter = found != NULL ? HOLDER_OF(found, struct waiter, by_id) : NULL;
    if (waiter != NULL && !waiter_claim(waiter, how)) waiter = NULL;
    leaf_unlock(&waiters->lock);
    return waiter;
}
