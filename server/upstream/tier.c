#include "server/upstream/tier.h"

#include <stdio.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/net/connection.h"
#include "server/observe/run.h"
#include "server/upstream/clients/barrier.h"
#include "server/upstream/clients/dedicated.h"
#include "server/upstream/clients/departure.h"
#include "server/upstream/clients/passed_stats.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/clients/repeats.h"
#include "server/upstream/clients/side.h"
#include "server/upstream/copies/coherence.h"
#include "server/upstream/copies/followers.h"
#include "server/upstream/copies/roster.h"
#include "server/upstream/link/lane.h"

struct tier_loop *tier_of(const struct loop *loop)
{
    return &loop->server->tier->loops[loop->index];
}

/* --- delivery --------------------------------------------------------------------------------------------
 */

static void deliver(struct patron *patron)
{
    struct connection *connection = patron->connection;
    if (patron->replies.len > 0) patron_hand_over(patron);
    patron = connection->session.patron;
    if (patron != NULL && patron_may_go_on(patron)) connection_resume(connection, WAIT_UPSTREAM);
    if (patron == NULL || patron->outstanding > 0 || patron->replies.len > 0) return;
    if (connection->session.waits & WAIT_CLOSED) return;
    /* A client that is to be closed waits for no link: what is held of it is not going to run. */
    if (patron->held && !connection->session.closing) return;
    if (connection->session.waits & WAIT_UPSTREAM) connection_resume(connection, WAIT_UPSTREAM);
    connection_after_owed(connection);
}

void tier_deliver(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    while (own->dirty != NULL) {
        struct patron *patron = own->dirty;
        own->dirty = patron->next_dirty;
        patron->dirty = false;
        deliver(patron);
    }
}

static void resume_held(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    atomic_store(&own->anyone_held, false);
    while (own->held != NULL) {
        struct patron *patron = own->held;
        own->held = patron->next_held;
        patron->held = false;
        if (patron->outstanding == 0) connection_resume(patron->connection, WAIT_UPSTREAM);
    }
}

static void open_wake(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    resume_held(loop);
}

void tier_wake(struct tier *tier)
{
    for (unsigned i = 0; i < tier->server->loop_count; i++) {
        _Atomic bool *held = &tier->loops[i].anyone_held;
        /* Mostly nobody is held, and then the line is only read. */
        if (!atomic_load(held) || !atomic_exchange(held, false)) continue;
        struct letter *letter = ALLOC_NEW(struct letter);
        letter->open = open_wake;
        mailbox_post(&tier->server->loops[i].mailbox, letter);
    }
}

bool tier_has_room(const struct tier *tier)
{
    const struct settings *settings = tier->server->settings;
    return atomic_load_explicit(&tier->inflight, memory_order_relaxed) <
               SETTING(settings, upstream_max_inflight) &&
           atomic_load_explicit(&tier->inflight_bytes, memory_order_relaxed) <
               SETTING(settings, upstream_max_inflight_bytes);
}

static void wake_if_room(struct tier *tier)
{
    if (!departure_is_pending(tier) && atomic_load(&tier->link) != LINK_TRYING && tier_has_room(tier))
        tier_wake(tier);
}

/* As for the sides (side.c). */
#define HELD_UP_MS 250

static void note_silence(struct tier *tier)
{
    bool held_up = tier->upstream != NULL && tier->upstream->silent_ms(tier->upstream) > HELD_UP_MS;
    if (atomic_load_explicit(&tier->lane_held_up, memory_order_relaxed) != held_up)
        atomic_store(&tier->lane_held_up, held_up);
}

/* Where nothing is answered from local copies any more because the link is silent, those of clients that
 * track here are no better. */
static void note_staleness(struct tier *tier)
{
    bool fresh = (int64_t)uv_now(&tier->server->loops[0].uv) < atomic_load(&tier->fresh_until_ms);
    if (!fresh && !tier->told_stale && tier->ever_up) followers_tell_all(tier);
    tier->told_stale = !fresh;
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
    tier_deliver(loop);
    wake_if_room(tier);
}

void tier_look(struct loop *loop)
{
    const struct tier *tier = loop->server->tier;
    struct tier_loop *own = tier_of(loop);
    int64_t now_ms = (int64_t)uv_now(&loop->uv);
    int64_t stale_until_ms = atomic_load_explicit(&tier->stale_until_ms, memory_order_acquire);
    own->fresh = now_ms < atomic_load_explicit(&tier->fresh_until_ms, memory_order_acquire);
    loop->serves_copies = (own->fresh || (stale_until_ms > 0 && now_ms < stale_until_ms)) &&
                          SETTING(tier->server->settings, near_cache_mode) != NEAR_CACHE_STRICT;
}

/* --- what the upstream says ------------------------------------------------------------------------------
 */

static void copy_words(struct tier *tier, const char *words, char *text, size_t size)
{
    pthread_mutex_lock(&tier->words_lock);
    snprintf(text, size, "%s", words);
    pthread_mutex_unlock(&tier->words_lock);
}

void tier_copy_no_database(struct tier *tier, char *text, size_t size)
{
    copy_words(tier, tier->no_database, text, size);
}

void tier_copy_upstreams(struct tier *tier, char *text, size_t size)
{
    copy_words(tier, tier->upstreams, text, size);
}

/* --- life ------------------------------------------------------------------------------------------------
 */

struct tier *tier_create(struct server *server)
{
    struct buffer text = { 0 };
    settings_copy_text(server->settings, TEXT_UPSTREAM, &text);
    if (text.len == 0) return NULL;

    size_t loops = server->loop_count * sizeof(struct tier_loop);
    struct tier *tier = alloc_zeroed(sizeof(*tier) + loops);
    tier->server = server;
    tier->barrier_end = &tier->barrier_waiters;
    const char *complaint = upstream_url_read(&tier->url, buffer_slice(&text));
    INVARIANT(complaint == NULL); /* the configuration has asked already */
    buffer_clear(&text);
    atomic_init(&tier->link, LINK_TRYING);
    atomic_init(&tier->protocol, 3);
    atomic_init(&tier->databases, (unsigned)SETTING(server->settings, databases));
    pthread_mutex_init(&tier->words_lock, NULL);
    copies_init(&tier->copies, server);
    fills_init(&tier->fills);
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
    passed_stats_destroy(&t->passed);
    copies_clear(&t->copies);
    for (size_t i = 0; i < t->roster_count; i++) roster_destroy(&t->rosters[i]);
    alloc_free(t->rosters);
    buffer_clear(&t->command_reply);
    pthread_mutex_destroy(&t->words_lock);
    alloc_free(t);
    *tier = NULL;
}
