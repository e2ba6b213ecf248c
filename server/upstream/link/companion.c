#include "server/upstream/link/companion.h"

#include <string.h>

#include <xxhash.h>

#include "proto/base/alloc.h"
#include "server/auth/envoys.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/observe/log.h"
#include "server/upstream/channel/identity.h"
#include "server/upstream/tier_state.h"

struct doubt_letter {
    struct letter letter;
    enum upstream_doubt doubt;
};

static void open_doubt(struct loop *loop, struct letter *letter)
{
    struct upstream *upstream = loop->server->tier->upstream;
    enum upstream_doubt doubt = ((struct doubt_letter *)letter)->doubt;
    alloc_free(letter);
    if (upstream != NULL) upstream->doubt(upstream, doubt);
}

/* By letter also on the lane's own loop: it may be in the middle of something. */
static void tell_lane(struct loop *loop, enum upstream_doubt doubt)
{
    struct doubt_letter *letter = ALLOC_NEW(struct doubt_letter);
    letter->letter.open = open_doubt;
    letter->doubt = doubt;
    mailbox_post(&loop->server->loops[0].mailbox, &letter->letter);
}

static const char *refuse(void *guard, const struct identity *identity)
{
    struct loop *loop = guard;
    uint64_t lanes = atomic_load(&loop->server->tier->link.server);
    uint64_t found = identity_server(identity);
    if (lanes == 0 || found == lanes || identity->asked_in_vain) return NULL;
    tell_lane(loop, DOUBT_SERVER);
    return "it reached another server than the link";
}

/* An envoy that may not ask who is there is believed to be where the link is. */
static const char *refuse_envoy(void *guard, const struct identity *identity)
{
    return identity_server(identity) == 0 ? NULL : refuse(guard, identity);
}

static void demoted(void *guard)
{
    tell_lane(guard, DOUBT_ROLE);
}

static bool is_busy(void *guard)
{
    const struct loop *loop = guard;
    return atomic_load(&loop->server->tier->link.busy);
}

struct channel_options companion_options(struct loop *loop, const struct envoy *envoy)
{
    return (struct channel_options){ .uv = &loop->uv,
                                     .url = envoy != NULL ? &envoy->url : &loop->server->tier->url,
                                     .settings = loop->server->settings,
                                     .guard = { .refuse = envoy != NULL ? refuse_envoy : refuse,
                                                .demoted = demoted,
                                                .is_busy = is_busy,
                                                .guard = loop } };
}

void companion_report(struct loop *loop, enum channel_end end, const char *why)
{
    struct tier *tier = loop->server->tier;
    if (end == CHANNEL_BROKEN) return;
    uint64_t text = XXH3_64bits(why, strlen(why)) | 1;
    if (atomic_exchange(&tier->link.reported, text) == text) return;
    log_write(LOG_LEVEL_WARNING, "Upstream: no further connection: %s", why);
}
