#include "server/upstream/subscriptions.h"

#include <stddef.h>

#include "proto/reply_reader.h"

static bool is_leaving(enum errand_kind kind)
{
    return kind == KIND_UNSUBSCRIBE || kind == KIND_PUNSUBSCRIBE || kind == KIND_SUNSUBSCRIBE;
}

static unsigned sort_of(enum errand_kind kind)
{
    return (unsigned)(kind - KIND_SUBSCRIBE) / 2;
}

void subscriptions_ask(struct subscriptions *subscriptions, enum errand_kind kind, int channels)
{
    if (!errand_kind_is_subscription(kind)) return;
    subscriptions->asked = true;
    if (channels == 0 && is_leaving(kind))
        subscriptions->draining[sort_of(kind)] = true;
    else
        subscriptions->expected += channels;
}

/* The kind and the count of a confirmation; false: it is none. */
static bool read_confirmation(struct slice frame, enum errand_kind *kind, int64_t *count)
{
    struct reply_reader reader = { 0 };
    struct reply_element element[4];
    size_t at = 0, len;
    for (int i = 0; i < 4; i++) {
        struct slice rest = slice_of(frame.data + at, frame.len - at);
        if (reply_reader_next(&reader, rest, &element[i], &len) != READER_READY) return false;
        at += len;
    }
    *kind = errand_kind_named(element[1].text);
    *count = element[3].integer;
    return element[0].len == 3 && element[3].type == REPLY_INT && errand_kind_is_subscription(*kind);
}

/* Channels and patterns are counted together, shard channels apart. */
static void set_count(struct subscriptions *subscriptions, unsigned sort, int64_t count)
{
    if (sort == 0) count -= subscriptions->counts[1];
    if (sort == 1) count -= subscriptions->counts[0];
    subscriptions->counts[sort] = count;
}

bool subscriptions_note(struct subscriptions *subscriptions, struct slice frame)
{
    enum errand_kind kind;
    int64_t count;
    if (!read_confirmation(frame, &kind, &count)) return false;
    unsigned sort = sort_of(kind);
    set_count(subscriptions, sort, count);
    if (subscriptions->expected > 0) {
        subscriptions->expected--;
        return false;
    }
    if (!subscriptions->draining[sort] || !is_leaving(kind) || subscriptions->counts[sort] > 0) return false;
    subscriptions->draining[sort] = false;
    return true;
}

bool subscriptions_are_draining(const struct subscriptions *subscriptions)
{
    return subscriptions->draining[0] || subscriptions->draining[1] || subscriptions->draining[2];
}

bool subscriptions_are_over(const struct subscriptions *subscriptions)
{
    return subscriptions->asked && subscriptions->expected == 0 &&
           !subscriptions_are_draining(subscriptions) && subscriptions->counts[0] == 0 &&
           subscriptions->counts[1] == 0 && subscriptions->counts[2] == 0;
}
