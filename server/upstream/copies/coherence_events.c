#include "server/upstream/copies/coherence.h"

#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/stop.h"
#include "server/observe/log.h"
#include "server/upstream/clients/repeats.h"
#include "server/upstream/clients/side.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/copies/roster.h"
#include "server/upstream/tier.h"
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

static void publish(struct tier *tier, struct roster *roster)
{
    size_t bytes = (tier->roster_count + 1) * sizeof(struct roster *);
    tier->rosters = alloc_resize(tier->rosters, bytes);
    tier->rosters[tier->roster_count++] = roster;
    atomic_store(&tier->roster, roster);
}

static void open_for_clients(struct tier *tier)
{
    atomic_store(&tier->link, LINK_UP);
    repeats_wake(tier);
    tier_wake(tier);
}

static void take_roster(struct tier *tier, struct slice reply)
{
    if (slice_equal(buffer_slice(&tier->command_reply), reply)) return; /* after a reconnection, mostly */
    struct roster *roster = roster_create(reply);
    if (roster == NULL) return;
    tier->command_reply.len = 0;
    buffer_append(&tier->command_reply, reply.data, reply.len);
    publish(tier, roster);
}

/* What clients send is judged by it, so that the first link is not up before. */
static void roster_done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct tier *tier = ((struct roster_request *)request)->tier;
    alloc_free(request);
    if (outcome != UPSTREAM_REPLIED) return;
    take_roster(tier, reply);
    if (atomic_load(&tier->link) != LINK_UP) open_for_clients(tier);
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

/* Under the lock of words. */
static void note_upstreams(struct tier *tier, const struct identity *identity)
{
    const char *separator = identity->upstreams[0] != '\0' ? "," : "";
    snprintf(tier->upstreams, sizeof(tier->upstreams), "%s%s%s", identity->run_id, separator,
             identity->upstreams);
}

static void note_identity(struct tier *tier)
{
    const struct upstream *upstream = tier->upstream;
    const struct identity *identity = upstream->identity(upstream);
    atomic_store(&tier->upstream_server, identity_server(identity));
    pthread_mutex_lock(&tier->words_lock);
    snprintf(tier->no_database, sizeof(tier->no_database), "%s", upstream->no_database(upstream));
    note_upstreams(tier, identity);
    pthread_mutex_unlock(&tier->words_lock);
}

/* At once, so that of two servers that are each other's upstream one finds it out before both have a link. */
static void on_greeted(void *context)
{
    struct tier *tier = context;
    pthread_mutex_lock(&tier->words_lock);
    note_upstreams(tier, tier->upstream->identity(tier->upstream));
    pthread_mutex_unlock(&tier->words_lock);
}

static void forget_identity(struct tier *tier)
{
    pthread_mutex_lock(&tier->words_lock);
    tier->upstreams[0] = '\0';
    pthread_mutex_unlock(&tier->words_lock);
}

/* Nothing may be served before the copies of the last link are gone. */
static void on_up(void *context, enum upstream_tracking tracking)
{
    struct tier *tier = context;
    /* From here on nobody runs commands on the copies alone, and what was so written is flushed. */
    atomic_store(&tier->link, LINK_TRYING);
    atomic_store(&tier->copies.kept, false);
    atomic_store(&tier->stale_until_ms, 0);
    coherence_flush(tier);
    tier->wall_offset_ms = wall_offset_ms(tier);
    atomic_store(&tier->tracking, tracking);
    atomic_store(&tier->protocol, tier->upstream->protocol(tier->upstream));
    atomic_store(&tier->copies.kept, keeps_anything(tier, tracking));
    followers_link_up(tier);
    if (tier->ever_up) counter_add(&tier->loops[0].stats.reconnects, 1);
    tier->ever_up = true;
    atomic_store(&tier->databases, tier->upstream->databases(tier->upstream));
    note_identity(tier);
    atomic_store(&tier->reported, 0);
    atomic_store(&tier->lost_ms, 0);
    ask_roster(tier);
    limits_ask(tier);
    swaps_begin(tier);
    if (atomic_load(&tier->roster) != NULL) open_for_clients(tier);
}

static void let_stale_serve(struct tier *tier)
{
    const struct settings *settings = tier->server->settings;
    if (SETTING(settings, upstream_on_failure) != FAILURE_STALE) return;
    int64_t ms = SETTING(settings, upstream_stale_s) * 1000;
    atomic_store(&tier->stale_until_ms, monotonic_ms(tier) + ms);
}

/* A loop looks at this when it has read what it is going to run: a request that was sent after somebody was
 * told of the loss finds it. */
static void on_ending(void *context)
{
    struct tier *tier = context;
    atomic_store(&tier->fresh_until_ms, 0);
}

static void on_down(void *context, const char *why)
{
    struct tier *tier = context;
    (void)why;
    INVARIANT(atomic_load(&tier->fresh_until_ms) == 0); /* ending() came first */
    atomic_store(&tier->link, LINK_TRYING);
    atomic_store(&tier->lost_ms, monotonic_ms(tier));
    fills_discard_all(&tier->fills);
    followers_tell_all(tier);
    tier->told_stale = true;
    forget_identity(tier);
    let_stale_serve(tier);
    side_close_everywhere(tier);
    tier_wake(tier);
}

static void on_failed(void *context, const char *why)
{
    struct tier *tier = context;
    forget_identity(tier);
    if (atomic_exchange(&tier->link, LINK_DOWN) == LINK_DOWN) return;
    log_write(LOG_LEVEL_WARNING, "Upstream: no link: %s; trying again", why);
    tier_wake(tier);
}

static void on_busy(void *context, bool busy)
{
    struct tier *tier = context;
    atomic_store(&tier->upstream_busy, busy);
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
    counter_add(&stats->discarded_fills, fills_discard(&tier->fills, key));
    if (copies_drop(&tier->copies, key)) counter_add(&stats->dropped, 1);
    followers_tell(tier, key, 0);
}

static void on_invalidated_all(void *context)
{
    coherence_flush(context);
}

static void on_alive(void *context, int64_t until_ms)
{
    struct tier *tier = context;
    int64_t offset_ms = wall_offset_ms(tier);
    if (offset_ms < tier->wall_offset_ms - CLOCK_SLIP_MS) {
        log_write(LOG_LEVEL_WARNING, "Upstream: the clock was set back: local copies are dropped");
        coherence_flush(tier);
    }
    tier->wall_offset_ms = offset_ms;
    note_identity(tier);
    atomic_store(&tier->fresh_until_ms, until_ms);
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
