#include "server/upstream/copies/coherence_events.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/stop.h"
#include "server/observe/log.h"
#include "server/upstream/clients/dedicated.h"
#include "server/upstream/clients/patrons.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/copies/forget.h"
#include "server/upstream/errands/repeats.h"
#include "server/upstream/errands/side.h"
#include "server/upstream/tier_state.h"
#include "storage/keyspace/keyspace.h"

/* The clock of the day may be set back this far against the monotonic one before copies are dropped: their
 * deadlines are times of day. */
#define CLOCK_SLIP_MS 50

static int64_t monotonic_ms(struct tier *tier)
{
    return (int64_t)uv_now(&tier->server->loops[0].uv);
}

static int64_t wall_offset_ms(struct tier *tier)
{
    return server_now_ms(tier->server) - (int64_t)(uv_hrtime() / 1000000);
}

static bool keeps_anything(const struct tier *tier, enum upstream_tracking tracking)
{
    const struct settings *settings = tier->server->settings;
    if (SETTING(settings, near_cache_tracking) == TRACKING_OFF) return false;
    return tracking != UPSTREAM_TRACKS_NONE || SETTING(settings, near_cache_max_ttl_ms) > 0;
}

struct roster_request {
    struct upstream_request request;
    struct tier *tier;
};

static void open_for_clients(struct tier *tier)
{
    atomic_store(&tier->link.state, LINK_UP);
    repeats_wake(tier);
    patrons_wake(tier);
}

/* What clients send is judged by it, so that the first link is not up before. */
static void roster_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct tier *tier = ((struct roster_request *)request)->tier;
    alloc_free(request);
    if (outcome != UPSTREAM_REPLIED) return;
    rosters_take(&tier->rosters, reply);
    if (atomic_load(&tier->link.state) != LINK_UP) open_for_clients(tier);
}

static void ask_roster(struct tier *tier)
{
    struct roster_request *own = ALLOC_NEW(struct roster_request);
    own->tier = tier;
    own->request = (struct upstream_request){ .bytes = SLICE("*1\r\n$7\r\nCOMMAND\r\n"),
                                              .db = UPSTREAM_ANY_DB,
                                              .done = roster_done };
    tier->upstream->send(tier->upstream, &own->request);
}

static void note_server(struct tier *tier)
{
    const struct upstream *upstream = tier->upstream;
    link_note_server(&tier->link, upstream->identity(upstream), upstream->no_database(upstream));
}

/* At once, so that of two servers that are each other's upstream one finds it out before both have a link. */
static void on_greeted(void *context)
{
    struct tier *tier = context;
    link_note_upstreams(&tier->link, tier->upstream->identity(tier->upstream));
}

/* Nothing may be served before the copies of the last link are gone. */
static void on_up(void *context, enum upstream_tracking tracking)
{
    struct tier *tier = context;
    /* From here on nobody runs commands on the copies alone, and what was so written is flushed. */
    atomic_store(&tier->link.state, LINK_TRYING);
    atomic_store(&tier->copies.kept, false);
    atomic_store(&tier->link.stale_until_ms, 0);
    forget_and_tell_all(tier);
    tier->link.wall_offset_ms = wall_offset_ms(tier);
    atomic_store(&tier->link.tracking, tracking);
    atomic_store(&tier->link.protocol, tier->upstream->protocol(tier->upstream));
    atomic_store(&tier->copies.kept, keeps_anything(tier, tracking));
    tier->fetching.no_usage = tier->fetching.no_dump = false;
    followers_link_up(tier);
    if (tier->link.ever_up) counter_add(&tier->loops[0].stats.reconnects, 1);
    tier->link.ever_up = true;
    atomic_store(&tier->link.databases, tier->upstream->databases(tier->upstream));
    note_server(tier);
    atomic_store(&tier->link.reported, 0);
    atomic_store(&tier->link.lost_ms, 0);
    ask_roster(tier);
    limits_ask(&tier->limits, tier->upstream);
    swaps_begin(&tier->swaps, tier->upstream);
    if (rosters_latest(&tier->rosters) != NULL) open_for_clients(tier);
}

static void let_stale_serve(struct tier *tier)
{
    const struct settings *settings = tier->server->settings;
    if (SETTING(settings, upstream_on_failure) != FAILURE_STALE) return;
    int64_t ms = SETTING(settings, upstream_stale_s) * 1000;
    atomic_store(&tier->link.stale_until_ms, monotonic_ms(tier) + ms);
}

/* What was sent over the connections beside the lane has no known outcome either. */
static void open_close(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    side_close(loop);
    dedicated_close_all(loop);
}

static void close_others(struct tier *tier)
{
    for (unsigned i = 0; i < tier->server->loop_count; i++) {
        struct letter *letter = ALLOC_NEW(struct letter);
        letter->open = open_close;
        mailbox_post(&tier->server->loops[i].mailbox, letter);
    }
}

/* A loop looks at this when it has read what it is going to run: a request that was sent after somebody was
 * told of the loss finds it. */
static void on_ending(void *context)
{
    struct tier *tier = context;
    atomic_store(&tier->link.fresh_until_ms, 0);
}

static void on_down(void *context, const char *why)
{
    struct tier *tier = context;
    (void)why;
    INVARIANT(atomic_load(&tier->link.fresh_until_ms) == 0); /* ending() came first */
    atomic_store(&tier->link.state, LINK_TRYING);
    atomic_store(&tier->link.lost_ms, monotonic_ms(tier));
    fills_discard_all(&tier->fills);
    followers_tell_all(tier);
    tier->link.told_stale = true;
    link_forget_upstreams(&tier->link);
    let_stale_serve(tier);
    close_others(tier);
    patrons_wake(tier);
}

static void on_failed(void *context, const char *why)
{
    struct tier *tier = context;
    link_forget_upstreams(&tier->link);
    if (atomic_exchange(&tier->link.state, LINK_DOWN) == LINK_DOWN) return;
    log_write(LOG_LEVEL_WARNING, "Upstream: no link: %s; trying again", why);
    patrons_wake(tier);
}

static void on_busy(void *context, bool busy)
{
    struct tier *tier = context;
    atomic_store(&tier->link.busy, busy);
}

static void on_hopeless(void *context, const char *why)
{
    struct tier *tier = context;
    log_write(LOG_LEVEL_WARNING, "Fatal: the upstream's address is of no use: %s. Exiting.", why);
    stop_ask(tier->server, 1);
}

static void on_invalidated(void *context, struct slice name)
{
    struct tier *tier = context;
    struct nearcache_stats *stats = &tier->loops[0].stats;
    struct key key = keyspace_key(tier->server->keyspace, name);
    counter_add(&stats->invalidations, 1);
    if (forget_key(tier, key)) counter_add(&stats->dropped, 1);
    followers_tell(tier, key, 0);
}

static void on_invalidated_all(void *context)
{
    forget_and_tell_all(context);
}

static void on_alive(void *context, int64_t until_ms)
{
    struct tier *tier = context;
    int64_t offset_ms = wall_offset_ms(tier);
    if (offset_ms < tier->link.wall_offset_ms - CLOCK_SLIP_MS) {
        log_write(LOG_LEVEL_WARNING, "Upstream: the clock was set back: local copies are dropped");
        forget_and_tell_all(tier);
    }
    tier->link.wall_offset_ms = offset_ms;
    note_server(tier);
    atomic_store(&tier->link.fresh_until_ms, until_ms);
}

struct upstream_events coherence_events(struct tier *tier)
{
    return (struct upstream_events){ .greeted = on_greeted,
                                     .up = on_up,
                                     .ending = on_ending,
                                     .down = on_down,
                                     .failed = on_failed,
                                     .invalidated = on_invalidated,
                                     .invalidated_all = on_invalidated_all,
                                     .busy = on_busy,
                                     .hopeless = on_hopeless,
                                     .alive = on_alive,
                                     .context = tier };
}
