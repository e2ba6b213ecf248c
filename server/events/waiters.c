#include "server/events/waiters.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/keyspace/rank.h"

#define BITS_MIN 6

void waiters_init(struct waiters *waiters)
{
    *waiters = (struct waiters){ .bits = BITS_MIN };
    pthread_mutex_init(&waiters->lock, NULL);
    waiters->buckets = alloc_zeroed(sizeof(struct waiter *) << BITS_MIN);
}

void waiters_clear(struct waiters *waiters)
{
    REQUIRE(waiters->len == 0);
    alloc_free(waiters->buckets);
    pthread_mutex_destroy(&waiters->lock);
}

/* Numbers rise one by one. */
static struct waiter **bucket_of(const struct waiters *waiters, uint64_t id)
{
    return &waiters->buckets[id & ((UINT64_C(1) << waiters->bits) - 1)];
}

static void put_in_bucket(struct waiters *waiters, struct waiter *waiter)
{
    struct waiter **bucket = bucket_of(waiters, waiter->id);
    waiter->next_by_id = *bucket;
    *bucket = waiter;
}

static void grow(struct waiters *waiters)
{
    struct waiter **old = waiters->buckets;
    size_t len = (size_t)1 << waiters->bits++;
    waiters->buckets = alloc_zeroed(sizeof(struct waiter *) << waiters->bits);
    for (size_t i = 0; i < len; i++) {
        struct waiter *next;
        for (struct waiter *waiter = old[i]; waiter != NULL; waiter = next) {
            next = waiter->next_by_id;
            put_in_bucket(waiters, waiter);
        }
    }
    alloc_free(old);
}

void waiters_add(struct waiters *waiters, struct waiter *waiter)
{
    leaf_lock(&waiters->lock);
    if (waiters->len >> waiters->bits > 0) grow(waiters);
    put_in_bucket(waiters, waiter);
    waiters->len++;
    leaf_unlock(&waiters->lock);
}

void waiters_remove(struct waiters *waiters, struct waiter *waiter)
{
    leaf_lock(&waiters->lock);
    struct waiter **at = bucket_of(waiters, waiter->id);
    while (*at != waiter) at = &(*at)->next_by_id;
    *at = waiter->next_by_id;
    waiters->len--;
    leaf_unlock(&waiters->lock);
}

struct waiter *waiters_claim(struct waiters *waiters, uint64_t id, enum waiter_state how)
{
    leaf_lock(&waiters->lock);
    struct waiter *waiter = *bucket_of(waiters, id);
    while (waiter != NULL && waiter->id != id) waiter = waiter->next_by_id;
    if (waiter != NULL && !waiter_claim(waiter, how)) waiter = NULL;
    leaf_unlock(&waiters->lock);
    return waiter;
}
