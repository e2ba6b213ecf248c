#include "server/events/pubsub/edition.h"

#include "proto/base/alloc.h"

static size_t audiences_of(struct topic *const *topics, size_t count, unsigned loop)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) len += topics[i]->audiences[loop] != NULL;
    return len;
}

static struct audience **list(struct edition_copy *copy, struct topic *const *topics, size_t count,
                              unsigned loop, struct audience **place)
{
    copy->audiences = place;
    for (size_t i = 0; i < count; i++)
        if (topics[i]->audiences[loop] != NULL) *place++ = topics[i]->audiences[loop];
    copy->len = (size_t)(place - copy->audiences);
    return place;
}

static struct slice copy_text(char *place, struct slice text)
{
    if (text.len > 0) memcpy(place, text.data, text.len);
    return slice_of(place, text.len);
}

struct edition *edition_create(struct topic *const *topics, size_t count, unsigned loops, unsigned from,
                               struct slice channel, struct slice message)
{
    size_t audiences = 0;
    for (unsigned loop = 0; loop < loops; loop++)
        if (loop != from) audiences += audiences_of(topics, count, loop);
    if (audiences == 0) return NULL;

    size_t lists = audiences * sizeof(struct audience *);
    size_t copies = loops * sizeof(struct edition_copy);
    size_t bytes = sizeof(struct edition) + copies + lists + channel.len + message.len;
    struct edition *edition = alloc_bytes(bytes);
    edition->bytes = bytes;
    struct audience **place = (struct audience **)(void *)&edition->copies[loops];
    unsigned unread = 0;
    for (unsigned loop = 0; loop < loops; loop++) {
        struct edition_copy *copy = &edition->copies[loop];
        *copy = (struct edition_copy){ .edition = edition };
        if (loop != from) place = list(copy, topics, count, loop, place);
        unread += copy->len > 0;
    }
    atomic_init(&edition->unread, unread + 1);
    edition->channel = copy_text((char *)place, channel);
    edition->message = copy_text((char *)place + channel.len, message);
    return edition;
}

void edition_drop(struct edition_copy *copy)
{
    struct edition *edition = copy->edition;
    if (atomic_fetch_sub_explicit(&edition->unread, 1, memory_order_acq_rel) == 1) alloc_free(edition);
}

/* In one order with the flag of its owner's bell: who finds that it rings already relies on the answer. */
void edition_box_put(struct edition_box *box, struct edition_copy *copy)
{
    atomic_fetch_add(&box->bytes, copy->edition->bytes);
    copy->next = atomic_load_explicit(&box->newest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&box->newest, &copy->next, copy)) {}
}

struct edition_copy *edition_box_take(struct edition_box *box)
{
    struct edition_copy *newest = atomic_exchange(&box->newest, NULL);
    struct edition_copy *oldest = NULL;
    while (newest != NULL) {
        struct edition_copy *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}

void edition_box_settle(struct edition_box *box, size_t bytes)
{
    atomic_fetch_sub(&box->bytes, bytes);
}

/* Some thousand messages: what a loop hands out in a few milliseconds. */
#define BOX_FULL ((size_t)1 << 20)

bool edition_box_is_full(const struct edition_box *box)
{
    return atomic_load(&box->bytes) > BOX_FULL;
}
