#include "server/upstream/errands/side.h"

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/journey.h"
#include "server/upstream/errands/translation.h"
#include "server/upstream/link/companion.h"
#include "server/upstream/tier_state.h"
#include "server/upstream/typed/fetch.h"

/* A reply owed for so long without any of it coming: others had better go another way. */
#define HELD_UP_MS 250
/* Of one protocol and envoy, for a loop. */
#define SIDES_MAX 8
/* After which one beside the first is closed. */
#define IDLE_MS 10000

struct side {
    struct side *next;
    struct channel *channel;
    struct loop *loop;
    int protocol;              /* its clients' */
    const struct envoy *envoy; /* as whom it goes; NULL: as the one in the address */
    int64_t used_ms;
};

static struct side **slot_of(struct loop *loop, int protocol)
{
    return &tier_of(loop)->sides[protocol == 3];
}

static void unlink_side(const struct side *side)
{
    struct side **at = slot_of(side->loop, side->protocol);
    while (*at != side) at = &(*at)->next;
    *at = side->next;
}

/* Its requests have been told. The next one opens another. */
static void on_lost(void *context, enum channel_end end, const char *why)
{
    struct side *side = context;
    companion_report(side->loop, end, why);
    unlink_side(side);
    alloc_free(side);
}

/* What is pushed to a connection that subscribes to nothing is not for any client. */
static void ignore_push(void *context, struct slice frame)
{
    (void)context;
    (void)frame;
}

static void close_one(struct side *side)
{
    unlink_side(side);
    channel_close(&side->channel);
    alloc_free(side);
}

static void beat(void *context)
{
    struct side *side = context;
    bool first = *slot_of(side->loop, side->protocol) == side;
    bool idle =
        channel_outstanding(side->channel) == 0 && (int64_t)uv_now(&side->loop->uv) - side->used_ms > IDLE_MS;
    if (idle && !first) close_one(side);
}

static struct side *open_side(struct loop *loop, int protocol, const struct envoy *envoy)
{
    struct side *side = ALLOC_NEW(struct side);
    struct channel_options options = companion_options(loop, envoy);
    options.protocol = protocol;
    options.push = ignore_push;
    options.beat = beat;
    options.lost = on_lost;
    options.context = side;
    side->loop = loop;
    side->protocol = protocol;
    side->envoy = envoy;
    side->channel = channel_open(&options);
    return side;
}

/* The first on which nobody waits for a script, say, to end; one that is opened for that; the first. Where
 * large replies have the connection closed (limits.h), one that nobody else uses. */
static struct side *side_of(struct loop *loop, int protocol, const struct envoy *envoy)
{
    struct side **at = slot_of(loop, protocol), *first = NULL;
    const struct tier *tier = loop->server->tier;
    bool alone = atomic_load_explicit(&tier->limits.reply_bytes, memory_order_relaxed) > 0;
    int64_t count = 0, most = alone ? SETTING(loop->server->settings, upstream_pool_size) : SIDES_MAX;
    for (; *at != NULL; at = &(*at)->next) {
        struct side *side = *at;
        if (side->envoy != envoy) continue;
        if (alone ? channel_outstanding(side->channel) == 0 : channel_silent_ms(side->channel) < HELD_UP_MS)
            return side;
        if (first == NULL) first = side;
        count++;
    }
    if (count >= most) return first;
    return *at = open_side(loop, protocol, envoy);
}

/* The upstream may speak RESP2 only. A side that is being closed has no channel any more, and no replies. */
static bool is_to_be_translated(const struct errand *errand, enum upstream_outcome outcome)
{
    if (outcome != UPSTREAM_REPLIED) return false;
    return channel_protocol(errand->patron->side->channel) != errand->protocol;
}

static void side_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct errand *errand = (struct errand *)request;
    struct buffer translated = { 0 };
    errand->patron->on_side--;
    if (is_to_be_translated(errand, outcome) &&
        translation_changes(reply, channel_protocol(errand->patron->side->channel), errand->protocol)) {
        translation_append(&translated, reply, channel_protocol(errand->patron->side->channel),
                           errand->protocol);
        reply = buffer_slice(&translated);
    }
    struct fetch *fetch = outcome == UPSTREAM_REPLIED ? fetch_after(errand, reply) : NULL;
    journey_end_behind_barrier(errand, outcome, reply);
    if (fetch != NULL) fetch_begin(fetch);
    buffer_clear(&translated);
}

/* What a client has under way there stays in its order. */
void side_send(struct errand *errand)
{
    struct patron *patron = errand->patron;
    if (patron->on_side++ == 0) patron->side = side_of(errand->home, errand->protocol, errand->envoy);
    patron->side->used_ms = (int64_t)uv_now(&errand->home->uv);
    errand->send = side_send;
    errand->request.done = side_done;
    channel_send(patron->side->channel, &errand->request);
}

void side_flush(struct loop *loop)
{
    for (int protocol = 2; protocol <= 3; protocol++) {
        for (struct side *side = *slot_of(loop, protocol), *next; side != NULL; side = next) {
            next = side->next; /* it may be lost by it */
            channel_flush(side->channel);
        }
    }
}

void side_close(struct loop *loop)
{
    for (int protocol = 2; protocol <= 3; protocol++) {
        struct side **slot = slot_of(loop, protocol);
        while (*slot != NULL) close_one(*slot);
    }
}
