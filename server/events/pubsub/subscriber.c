#include "server/events/pubsub/subscriber.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/events/pubsub/audience.h"

/* Up to so many are looked through one by one. */
#define FEW 8

struct subscriber *subscriber_create(struct session *session)
{
    struct subscriber *subscriber = ALLOC_NEW(struct subscriber);
    subscriber->session = session;
    return subscriber;
}

size_t subscriber_total(const struct subscriber *subscriber)
{
    return subscriber->count[TOPIC_CHANNEL] + subscriber->count[TOPIC_PATTERN] +
           subscriber->count[TOPIC_SHARD_CHANNEL];
}

void subscriber_destroy(struct subscriber **subscriber)
{
    REQUIRE(subscriber_total(*subscriber) == 0);
    alloc_free((*subscriber)->buckets);
    alloc_free(*subscriber);
    *subscriber = NULL;
}

static bool is_of(const struct subscription *subscription, enum topic_kind kind, struct slice name,
                  uint64_t hash)
{
    const struct audience *audience = subscription->audience;
    return audience->hash == hash && audience->kind == kind && slice_equal(audience->name, name);
}

static struct subscription **bucket_of(const struct subscriber *subscriber, uint64_t hash)
{
    return &subscriber->buckets[hash & (subscriber->cap - 1)];
}

static struct subscription *find_in_bucket(const struct subscriber *subscriber, enum topic_kind kind,
                                           struct slice name, uint64_t hash)
{
    struct subscription *found = *bucket_of(subscriber, hash);
    while (found != NULL && !is_of(found, kind, name, hash)) found = found->chain;
    return found;
}

struct subscription *subscriber_find(const struct subscriber *subscriber, enum topic_kind kind,
                                     struct slice name, uint64_t hash)
{
    if (subscriber->buckets != NULL) return find_in_bucket(subscriber, kind, name, hash);
    struct subscription *found = subscriber->first[kind];
    while (found != NULL && !is_of(found, kind, name, hash)) found = found->next;
    return found;
}

static void put(struct subscriber *subscriber, struct subscription *subscription)
{
    struct subscription **bucket = bucket_of(subscriber, subscription->audience->hash);
    subscription->chain = *bucket;
    *bucket = subscription;
}

static void set_cap(struct subscriber *subscriber, size_t cap)
{
    alloc_free(subscriber->buckets);
    subscriber->buckets = alloc_zeroed(cap * sizeof(struct subscription *));
    subscriber->cap = cap;
    for (unsigned kind = 0; kind < TOPIC_KINDS; kind++)
        for (struct subscription *each = subscriber->first[kind]; each != NULL; each = each->next)
            put(subscriber, each);
}

/* It is in the list of its kind already. */
static void index_it(struct subscriber *subscriber, struct subscription *subscription)
{
    size_t total = subscriber_total(subscriber);
    if (subscriber->buckets == NULL && total <= FEW) return;
    if (total > subscriber->cap)
        set_cap(subscriber, subscriber->cap > 0 ? 2 * subscriber->cap : 4 * FEW);
    else
        put(subscriber, subscription);
}

static void forget(struct subscriber *subscriber, struct subscription *subscription)
{
    if (subscriber->buckets == NULL) return;
    struct subscription **link = bucket_of(subscriber, subscription->audience->hash);
    while (*link != subscription) link = &(*link)->chain;
    *link = subscription->chain;
    if (subscriber_total(subscriber) > FEW / 2) return;
    alloc_free(subscriber->buckets);
    subscriber->buckets = NULL;
    subscriber->cap = 0;
}

static void link_in(struct subscriber *subscriber, struct subscription *subscription)
{
    enum topic_kind kind = subscription->audience->kind;
    subscription->previous = subscriber->last[kind];
    if (subscription->previous != NULL)
        subscription->previous->next = subscription;
    else
        subscriber->first[kind] = subscription;
    subscriber->last[kind] = subscription;
    subscriber->count[kind]++;
}

static void unlink_from(struct subscriber *subscriber, struct subscription *subscription)
{
    enum topic_kind kind = subscription->audience->kind;
    if (subscription->previous != NULL)
        subscription->previous->next = subscription->next;
    else
        subscriber->first[kind] = subscription->next;
    if (subscription->next != NULL)
        subscription->next->previous = subscription->previous;
    else
        subscriber->last[kind] = subscription->previous;
    subscriber->count[kind]--;
}

struct subscription *subscriber_add(struct subscriber *subscriber, struct audience *audience)
{
    struct subscription *subscription = ALLOC_NEW(struct subscription);
    subscription->audience = audience;
    struct member member = { .session = subscriber->session, .subscription = subscription };
    subscription->at = audience_add(audience, member);
    link_in(subscriber, subscription);
    index_it(subscriber, subscription);
    return subscription;
}

void subscriber_remove(struct subscriber *subscriber, struct subscription **subscription)
{
    struct subscription *gone = *subscription;
    struct subscription *moved = audience_remove(gone->audience, gone->at);
    if (moved != NULL) moved->at = gone->at;
    unlink_from(subscriber, gone);
    forget(subscriber, gone);
    alloc_free(gone);
    *subscription = NULL;
}
