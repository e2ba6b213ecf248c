#include "server/upstream/tier.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/observe/run.h"
#include "server/upstream/clients/dedicated.h"
#include "server/upstream/clients/departure.h"
#include "server/upstream/clients/patrons.h"
#include "server/upstream/copies/coherence_events.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/errands/barrier.h"
#include "server/upstream/errands/passed_stats.h"
#include "server/upstream/errands/repeats.h"
#include "server/upstream/errands/side.h"
#include "server/upstream/link/lane.h"
#include "server/upstream/tier_state.h"

static void wake_if_room(struct tier *tier)
{
    if (!departures_are_pending(&tier->departures) && atomic_load(&tier->link.state) != LINK_TRYING &&
        room_is_left(&tier->room, tier->server->settings))
        patrons_wake(tier);
}

/* As for the sides (side.c). */
#define HELD_UP_MS 250

static void note_silence(struct tier *tier)
{
    bool held_up = tier->upstream != NULL && tier->upstream->silent_ms(tier->upstream) > HELD_UP_MS;
    if (atomic_load_explicit(&tier->link.held_up, memory_order_relaxed) == held_up) return;
    atomic_store(&tier->link.held_up, held_up);
    if (held_up) patrons_wake_expecting(tier);
}

/* Where nothing is answered from local copies any more because the link is silent, those of clients that
 * track here are no better. */
static void note_staleness(struct tier *tier)
{
    bool fresh = (int64_t)uv_now(&tier->server->loops[0].uv) < atomic_load(&tier->link.fresh_until_ms);
    if (!fresh && !tier->link.told_stale && tier->link.ever_up) followers_tell_all(tier);
    tier->link.told_stale = !fresh;
}

void tier_deliver(struct loop *loop)
{
    patrons_deliver(loop);
}

void tier_depart(struct loop *loop)
{
    struct tier *tier = loop->server->tier;
    departure_end_turn(loop);
    repeats_step(loop);
    if (loop->index == 0) {
        barrier_send(tier);
        if (tier->upstream != NULL) tier->upstream->flush(tier->upstream);
        note_silence(tier);
        note_staleness(tier);
    }
    side_flush(loop);
    dedicated_flush(loop);
    patrons_deliver(loop);
    wake_if_room(tier);
}

struct tier *tier_create(struct server *server)
{
    struct buffer text = { 0 };
    settings_copy_text(server->settings, TEXT_UPSTREAM, &text);
    if (text.len == 0) return NULL;

    size_t loops = server->loop_count * sizeof(struct tier_loop);
    struct tier *tier = alloc_zeroed(sizeof(*tier) + loops);
    tier->server = server;
    tier->barrier_end = &tier->barrier_waiters;
    for (unsigned i = 0; i < server->loop_count; i++) TAILQ_INIT(&tier->loops[i].in_turn);
    const char *complaint = upstream_url_read(&tier->url, buffer_slice(&text));
    INVARIANT(complaint == NULL); /* the configuration has asked already */
    buffer_clear(&text);
    link_init(&tier->link, (unsigned)SETTING(server->settings, databases));
    copies_init(&tier->copies, server);
    fills_init(&tier->fills);
    readings_init(&tier->readings);
    tier->passed = passed_stats_create();
    limits_init(&tier->limits);
    return tier;
}

void tier_start(struct tier *tier)
{
    tier_start_with(tier, lane_create(&(struct lane_options){ .uv = &tier->server->loops[0].uv,
                                                              .url = &tier->url,
                                                              .settings = tier->server->settings,
                                                              .own_run_id = run_id(tier->server->run) }));
}

void tier_start_with(struct tier *tier, struct upstream *upstream)
{
    tier->upstream = upstream;
    struct upstream_events events = coherence_events(tier);
    tier->upstream->start(tier->upstream, &events);
}

void tier_stop_loop(struct tier *tier, struct loop *loop)
{
    if (loop->index == 0 && tier->upstream != NULL) tier->upstream->stop(&tier->upstream);
    if (loop->index == 0) barrier_send(tier);
    side_close(loop);
    dedicated_close_all(loop);
}

void tier_destroy(struct tier **tier)
{
    struct tier *t = *tier;
    if (t == NULL) return;
    fills_clear(&t->fills);
    readings_clear(&t->readings);
    passed_stats_destroy(&t->passed);
    copies_clear(&t->copies);
    rosters_clear(&t->rosters);
    link_clear(&t->link);
    alloc_free(t);
    *tier = NULL;
}

struct link *tier_link(struct tier *tier)
{
    return &tier->link;
}

struct copies *tier_copies(struct tier *tier)
{
    return &tier->copies;
}

const struct fills *tier_fills(const struct tier *tier)
{
    return &tier->fills;
}

const struct readings *tier_readings(const struct tier *tier)
{
    return &tier->readings;
}

const struct room *tier_room(const struct tier *tier)
{
    return &tier->room;
}

struct passed_stats *tier_passed(struct tier *tier)
{
    return tier->passed;
}

struct histogram *tier_rtt(struct tier *tier)
{
    return &tier->rtt;
}

struct nearcache_stats *tier_stats(const struct loop *loop)
{
    return &tier_of(loop)->stats;
}

int64_t tier_dedicated_count(const struct tier *tier)
{
    return atomic_load(&tier->dedicated_count);
}
