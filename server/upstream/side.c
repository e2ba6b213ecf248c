#include "server/upstream/side.h"

#include "proto/base/alloc.h"
#include "server/loop.h"
#include "server/server.h"
#include "server/upstream/channel.h"
#include "server/upstream/dedicated.h"
#include "server/upstream/errand.h"
#include "server/upstream/link/companion.h"
#include "server/upstream/tier.h"

struct side {
    struct channel *channel;
    struct loop *loop;
    int protocol;
};

static struct side **slot_of(struct loop *loop, int protocol)
{
    return &tier_of(loop)->sides[protocol == 3];
}

/* Its requests have been told. The next one opens another. */
static void on_lost(void *context, enum channel_end end, const char *why)
{
    struct side *side = context;
    companion_report(side->loop, end, why);
    *slot_of(side->loop, side->protocol) = NULL;
    alloc_free(side);
}

/* What is pushed to a connection that subscribes to nothing is not for any client. */
static void ignore_push(void *context, struct slice frame)
{
    (void)context;
    (void)frame;
}

static struct side *side_of(struct loop *loop, int protocol)
{
    struct side **slot = slot_of(loop, protocol);
    if (*slot != NULL) return *slot;
    struct side *side = *slot = ALLOC_NEW(struct side);
    side->loop = loop;
    side->protocol = protocol;
    struct channel_options options = companion_options(loop);
    options.protocol = protocol;
    options.push = ignore_push;
    options.lost = on_lost;
    options.context = side;
    side->channel = channel_open(&options);
    return side;
}

static void side_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    errand_return_behind_barrier((struct errand *)request, outcome, reply);
}

void side_send(struct errand *errand)
{
    struct side *side = side_of(errand->home, errand->protocol);
    errand->request.done = side_done;
    channel_send(side->channel, &errand->request);
}

void side_flush(struct loop *loop)
{
    for (int protocol = 2; protocol <= 3; protocol++) {
        struct side *side = *slot_of(loop, protocol);
        if (side != NULL) channel_flush(side->channel);
    }
}

void side_close(struct loop *loop)
{
    for (int protocol = 2; protocol <= 3; protocol++) {
        struct side **slot = slot_of(loop, protocol), *side = *slot;
        *slot = NULL;
        if (side == NULL) continue;
        channel_close(&side->channel);
        alloc_free(side);
    }
}

static void open_close(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    side_close(loop);
    dedicated_close_all(loop);
}

void side_close_everywhere(struct tier *tier)
{
    for (unsigned i = 0; i < tier->server->loop_count; i++) {
        struct letter *letter = ALLOC_NEW(struct letter);
        letter->open = open_close;
        mailbox_post(&tier->server->loops[i].mailbox, letter);
    }
}
