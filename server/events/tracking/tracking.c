#include "server/events/tracking/tracking.h"

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/changes.h"
#include "server/events/tracking/news.h"
#include "server/events/tracking/tracked_keys.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking_state.h"
#include "server/events/tracking/whereabouts.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "storage/keyspace/keyspace.h"

struct tracking *tracking_create(const struct tracking_options *options)
{
    struct tracking *tracking =
        alloc_zeroed(sizeof *tracking + options->loop_count * sizeof tracking->loops[0]);
    tracking->options = *options;
    tracking->trackers = trackers_create(options->loop_count > 1);
    tracking->whereabouts = whereabouts_create();
    for (unsigned i = 0; i < options->loop_count; i++) {
        struct tracking_loop *loop = &tracking->loops[i];
        loop->news = news_create(&tracking->options, i, tracking->trackers);
        loop->random.state = i;
    }
    tracking->tables = alloc_zeroed(keyspace_shards(options->keyspace) * sizeof tracking->tables[0]);
    return tracking;
}

static void bury_all(struct tracking_loop *loop)
{
    while (loop->dropped_count > 0) tracking_bury(loop, SIZE_MAX);
    alloc_free(loop->dropped);
}

void tracking_destroy(struct tracking **tracking)
{
    struct tracking *gone = *tracking;
    if (gone == NULL) return;
    for (unsigned i = 0; i < keyspace_shards(gone->options.keyspace); i++)
        tracked_keys_clear(tracking_keys(gone, i));
    alloc_free(gone->tables);
    for (unsigned i = 0; i < gone->options.loop_count; i++) {
        bury_all(&gone->loops[i]);
        news_destroy(&gone->loops[i].news);
    }
    whereabouts_destroy(&gone->whereabouts);
    trackers_destroy(&gone->trackers);
    alloc_free(gone);
    *tracking = NULL;
}

static size_t sum_of(int64_t sum)
{
    return sum > 0 ? (size_t)sum : 0; /* what one loop takes another may have added: read at two moments */
}

struct tracking_counts tracking_counts(const struct tracking *tracking)
{
    int64_t keys = 0, items = 0;
    for (unsigned i = 0; i < tracking->options.loop_count; i++) {
        keys += atomic_load_explicit(&tracking->loops[i].keys, memory_order_relaxed);
        items += atomic_load_explicit(&tracking->loops[i].items, memory_order_relaxed);
    }
    return (struct tracking_counts){ .clients = trackers_on(tracking->trackers),
                                     .keys = sum_of(keys),
                                     .items = sum_of(items),
                                     .prefixes = trackers_prefixes(tracking->trackers) };
}

size_t tracking_bytes(const void *tracking)
{
    const struct tracking *of = tracking;
    size_t bytes = 0;
    for (unsigned i = 0; i < keyspace_shards(of->options.keyspace); i++)
        bytes += tracked_keys_bytes(tracking_keys(of, i));
    return bytes;
}

static struct tracking *tracking_of(const struct session *session)
{
    return session->loop->server->tracking;
}

void tracking_enter(struct session *session)
{
    whereabouts_add(tracking_of(session)->whereabouts, session->id, session->loop->index);
}

bool tracking_knows(const struct session *session, uint64_t other, unsigned *loop)
{
    return whereabouts_find(tracking_of(session)->whereabouts, other, loop);
}

/* Who wants keys by prefix wants to hear of all shards. */
static bool wants_all(const struct session *session)
{
    return session->tracker != NULL && session->tracker->prefix_count > 0;
}

static void hear_all(const struct session *session, bool before)
{
    struct changes *changes = session->loop->server->changes;
    bool now = wants_all(session);
    if (now && !before) changes_listen(changes, CHANGES_TRACKING);
    if (before && !now) changes_unlisten(changes, CHANGES_TRACKING);
}

void tracking_turn_on(struct session *session, const struct tracker_wish *wish)
{
    struct tracking *tracking = tracking_of(session);
    bool before = wants_all(session);
    if (session->tracker == NULL) {
        session->tracker = trackers_enter(tracking->trackers, session->id, session->loop->index);
        session->on_read = tracking_on_read;
        session->on_end = tracking_on_end;
        session->gates |= GATE_TRACKER;
    }
    trackers_turn_on(tracking->trackers, session->tracker, wish);
    hear_all(session, before);
}

void tracking_turn_off(struct session *session)
{
    bool before = wants_all(session);
    if (session->tracker == NULL) return;
    trackers_turn_off(tracking_of(session)->trackers, session->tracker);
    hear_all(session, before);
}

void tracking_leave(struct session *session)
{
    struct tracking *tracking = tracking_of(session);
    tracking_turn_off(session);
    if (session->tracker != NULL) trackers_leave(tracking->trackers, &session->tracker);
    whereabouts_remove(tracking->whereabouts, session->id);
    trackers_part_with(tracking->trackers, session->id);
}

struct ending {
    struct letter letter;
    uint64_t session;
};

static void open_ending(struct loop *loop, struct letter *letter)
{
    struct session *session = sessions_find(loop->sessions, ((struct ending *)letter)->session);
    alloc_free(letter);
    if (session != NULL) session_close(session);
}

static struct ending *ending_of(const struct tracker *tracker)
{
    struct ending *ending = ALLOC_NEW(struct ending);
    ending->letter.open = open_ending;
    ending->session = tracker->session;
    return ending;
}

void tracking_end_broadcasts(struct loop *loop)
{
    struct tracking *tracking = loop->server->tracking;
    struct tracker *tracker = NULL;
    struct {
        struct ending *letter;
        unsigned loop;
    } *endings = NULL;
    size_t len = 0;
    trackers_lock_to_read(tracking->trackers);
    while ((tracker = trackers_next(tracking->trackers, tracker)) != NULL) {
        if (tracker->prefix_count == 0) continue;
        endings = alloc_resize(endings, (len + 1) * sizeof *endings);
        endings[len].letter = ending_of(tracker);
        endings[len++].loop = tracker->loop;
    }
    trackers_unlock(tracking->trackers);
    for (size_t i = 0; i < len; i++)
        mailbox_post(&tracking->options.loops[endings[i].loop].mailbox, &endings[i].letter->letter);
    alloc_free(endings);
}

int64_t tracking_redirect(const struct session *session)
{
    const struct tracker *tracker = session->tracker;
    bool is_on = tracker != NULL && atomic_load_explicit(&tracker->modes, memory_order_relaxed) & TRACKER_ON;
    return is_on ? (int64_t)tracker->redirect : -1;
}
