/* What clients that track read. */
#include "server/config/settings.h"
#include "server/events/tracking/news.h"
#include "server/events/tracking/newsletter.h"
#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking_state.h"
#include "server/exec/call.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard_dress.h"
#include "storage/shard/shard_name.h"

static unsigned modes_of(const struct tracker *tracker)
{
    return atomic_load_explicit(&tracker->modes, memory_order_relaxed);
}

/* Of keys that it has read, whichever those are. */
static inline bool is_telling(const struct tracker *tracker)
{
    return (modes_of(tracker) & (TRACKER_ON | TRACKER_BCAST)) == TRACKER_ON;
}

static __attribute__((noinline)) bool remembers_this(const struct tracker *tracker, unsigned modes)
{
    if (!is_telling(tracker)) return false;
    if (modes & TRACKER_OPTIN) return tracker->caching;
    if (modes & TRACKER_OPTOUT) return !tracker->caching;
    return true;
}

static inline bool remembers(const struct tracker *tracker)
{
    unsigned modes = modes_of(tracker), all = TRACKER_ON | TRACKER_BCAST | TRACKER_OPTIN | TRACKER_OPTOUT;
    return (modes & all) == TRACKER_ON || remembers_this(tracker, modes);
}

/* The name of a key that is here need not be kept: when it leaves, somebody says so and names it. A copy of
 * an upstream's key may leave unsaid. */
static __attribute__((noinline)) void remember_anew(struct loop *loop, struct access *access, struct key key,
                                                    uint32_t number)
{
    struct tracking *tracking = loop->server->tracking;
    unsigned shard = keyspace_shard_of(access->keyspace, key.hash);
    struct tracked_keys *keys = tracking_keys(tracking, shard);
    struct slice name;
    bool is_known =
        tracking->options.source == NULL && shard_find_name(access_shard_at(access, shard), key.hash, &name);
    if (keys->len == 0) tracking_hear(tracking, shard);
    tracked_keys_begin(keys, key.hash, number, is_known ? SLICE("") : key.name);
    tracking_count(tracking_loop(loop), 1, 1);
}

/* It is new among those who have read the key. */
static __attribute__((noinline)) void note_reader(struct session *session, struct access *access,
                                                  struct key key, enum tracked_add added)
{
    if (added != TRACKED_UNKNOWN) {
        tracking_count(tracking_loop(session->loop), 0, 1);
        return;
    }
    remember_anew(session->loop, access, key, session->tracker->number);
    session->gates |= GATE_END; /* there may be too many now */
}

/* Mostly it has read it before, and nobody has changed it since. */
static inline void remember(struct session *session, struct access *access, unsigned db, struct key key)
{
    unsigned shard = keyspace_shard_of(access->keyspace, key.hash);
    struct tracked_keys *keys = tracking_keys(session->loop->server->tracking, shard);
    enum tracked_add added = tracked_keys_add(keys, key.hash, session->tracker->number);
    if (added != TRACKED_ALREADY) note_reader(session, access, key, added);
    bool may_be_tagged = shard_dressed(access_shard_at(access, shard), db) > 0;
    if (__builtin_expect(may_be_tagged, 0)) tracking_note_tags(session, access, db, key);
}

/* What this server will not learn of is told as if it had changed at once. */
static void read_key(struct call *call, struct key key)
{
    const struct tracking_source *source = call->server->tracking->options.source;
    if (source == NULL || (source->follows(call->loop, key.name) && source->is_fresh(call->loop))) {
        remember(call->session, &call->access, call->db, key);
    } else {
        news_note(tracking_loop(call->loop)->news, call->session->tracker->number, key.name, 0);
        call->loop->unposted = true;
    }
}

static __attribute__((noinline)) void read_all(struct call *call)
{
    struct key_walk walk = key_walk(call->command->row, call->argv, call->argc);
    while (key_next(&walk)) read_key(call, call_key(call, walk.arg));
}

void tracking_prefetch(const struct session *session, uint64_t hash)
{
    struct tracking *tracking = session->loop->server->tracking;
    if (tracking->options.loop_count > 1 || !remembers(session->tracker)) return;
    tracked_keys_prefetch(tracking_keys(tracking, keyspace_shard_of(tracking->options.keyspace, hash)), hash);
}

void tracking_prefetch_readers(const struct session *session, uint64_t hash)
{
    struct tracking *tracking = session->loop->server->tracking;
    if (tracking->options.loop_count > 1) return;
    unsigned shard = keyspace_shard_of(tracking->options.keyspace, hash);
    tracked_keys_prefetch_readers(tracking_keys(tracking, shard), hash);
}

void tracking_on_read(struct call *call)
{
    uint32_t flags = call->command->flags & (CMD_READONLY | CMD_PUBSUB);
    if (flags != CMD_READONLY || call->missed || !remembers(call->session->tracker)) return;
    if (call->command->one_key && call->server->tracking->options.source == NULL)
        remember(call->session, &call->access, call->db,
                 (struct key){ call->argv[call->command->first_key], call->first_hash });
    else
        read_all(call);
}

bool tracking_is_noting(const struct call *call, uint32_t *number)
{
    const struct session *session = call->session;
    bool reads = (call->command->flags & (CMD_READONLY | CMD_PUBSUB)) == CMD_READONLY;
    if (session->tracker == NULL || !reads || call->server->tracking->options.source != NULL) return false;
    *number = session->tracker->number;
    return remembers(session->tracker);
}

void tracking_remember(struct call *call, struct key key, uint32_t number)
{
    struct loop *loop = call->loop;
    unsigned shard = keyspace_shard_of(call->access.keyspace, key.hash);
    enum tracked_add added = tracked_keys_add(tracking_keys(loop->server->tracking, shard), key.hash, number);
    if (added == TRACKED_UNKNOWN)
        remember_anew(loop, &call->access, key, number);
    else if (added != TRACKED_ALREADY)
        tracking_count(tracking_loop(loop), 0, 1);
}

bool tracking_wants_reads(const struct session *session)
{
    return session->tracker != NULL && remembers(session->tracker);
}

void tracking_begin_read(struct session *session, struct key key)
{
    struct tracking *tracking = session->loop->server->tracking;
    struct access access;
    if (!tracking->options.source->follows(session->loop, key.name)) return;
    access_get(&access, tracking->options.keyspace, key.hash);
    remember(session, &access, session->db, key);
    access_close(&access);
}

/* And no tag of it was bumped meanwhile. What a script keeps to itself may have changed. */
static bool is_remembered(struct session *session, struct key key)
{
    struct loop *loop = session->loop;
    struct tracking *tracking = loop->server->tracking;
    struct access access;
    if (!access_open(&access, tracking->options.keyspace, key.hash)) return false;
    struct tracked_keys *keys =
        tracking_keys(tracking, keyspace_shard_of(tracking->options.keyspace, key.hash));
    bool remembered = tracked_keys_has(keys, key.hash, session->tracker->number);
    if (tracking->options.source == NULL)
        remembered &= tracking_note_tags(session, &access, session->db, key);
    if (loop->unserved) loop->serve_alone(loop, &access); /* its time may have been up */
    access_close(&access);
    return remembered;
}

void tracking_end_read(struct session *session, struct key key, struct buffer *told)
{
    const struct tracker *tracker = session->tracker;
    if (tracker == NULL || !is_telling(tracker) || is_remembered(session, key)) return;
    if (tracker->redirect == 0) {
        if (session->protocol > 2) newsletter_write_keys(told, &key.name, 1);
        return;
    }
    news_note(tracking_loop(session->loop)->news, tracker->number, key.name, 0);
    session->loop->unposted = true;
}

/* CLIENT CACHING is about the next command, or transaction, that is no CLIENT command. */
static void end_caching(struct call *call)
{
    const struct session *session = call->session;
    const struct tracking_source *source = call->server->tracking->options.source;
    struct tracker *tracker = session->tracker;
    const struct command_info *container = call->command != NULL ? call->command->parent : NULL;
    bool is_queued = session->multi != NULL || (source != NULL && source->is_in_transaction(session));
    bool is_client = container != NULL && container == tracker->client_command;
    if (!is_queued && !is_client) tracker->caching = false;
}

void tracking_on_end(struct call *call)
{
    if (call->session->tracker->caching) end_caching(call);
    if (!call->session->tracker->caching) call->session->gates &= ~(uint32_t)GATE_END;
    if (tracking_is_over_limit(call->server->tracking)) tracking_forget_some(call->loop);
    news_post_read(tracking_loop(call->loop)->news);
}
