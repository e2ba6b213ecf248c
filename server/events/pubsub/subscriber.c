#include "server/events/pubsub/subscriber.h"

#include "proto/base/alloc.h"
#include "proto/base/chains.h"
#include "proto/base/contract.h"
#include "server/events/pubsub/audience.h"

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
    chains_clear(&(*subscriber)->by_name);
    alloc_free(*subscriber);
    *subscriber = NULL;
}

static bool is_of(const struct subscription *subscription, enum topic_kind kind, struct slice name)
{
    const struct audience *audience = subscription->audience;
    return audience->kind == kind && slice_equal(audience->name, name);
}

struct subscription *subscriber_find(const struct subscriber *subscriber, enum topic_kind kind,
                                     struct slice name, uint64_t hash)
{
    struct chain *at = chains_find(&subscriber->by_name, hash);
    while (at != NULL && !is_of((struct subscription *)at, kind, name)) at = chain_next(at);
    return (struct subscription *)at;
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
    chains_add(&subscriber->by_name, &subscription->by_name, audience->hash);
    return subscription;
}

void subscriber_remove(struct subscriber *subscriber, struct subscription **subscription)
{
    struct subscription *gone = *subscription;
    struct subscription *moved = audience_remove(gone->audience, gone->at);
    if (moved != NULL) moved->at = gone->at;
    unlink_from(subscriber, gone);
    chains_remove(&subscriber->by_name, &gone->by_name);
    chains_shrink(&subscriber->by_name);
    alloc_free(gone);
    *subscription = NULL;
}
