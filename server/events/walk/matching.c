#include "server/events/walk/matching.h"

#include <stdatomic.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/glob.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/lease/leasing.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/walk/walk_state.h"
#include "server/exec/call.h"
#include "server/exec/gates/pause.h"
#include "server/exec/session/session.h"
#include "server/exec/session/suspension.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_change.h"
#include "storage/shard/shard_dress.h"
#include "storage/shard/shard_walk.h"

/* The longest a slice may keep the loop from its clients; the clock is looked at for every SHARD_SCAN_AHEAD
 * buckets. */
#define SLICE_NS 50000
#define MET_MAX  64

struct matching;

/* What one loop does of it. */
struct matching_part {
    struct letter letter;
    struct matching_part *next;
    struct matching *matching;
    unsigned shard;
    uint64_t cursor;
    bool begun; /* with this shard */
};

struct matching {
    struct letter letter;
    _Atomic unsigned left; /* parts */
    _Atomic uint64_t count;
    uint64_t session;
    unsigned home; /* its loop */
    unsigned db;
    bool softly;
    char *pattern;
    size_t pattern_len;
    struct matching_part parts[];
};

static void destroy(struct matching *matching)
{
    alloc_free(matching->pattern);
    alloc_free(matching);
}

static struct slice pattern_of(const struct matching *matching)
{
    return slice_of(matching->pattern, matching->pattern_len);
}

static void write_count(struct session *session, struct reply *reply, void *context)
{
    const struct matching *matching = context;
    (void)session;
    reply_int(reply, (int64_t)atomic_load(&matching->count));
}

static void answer(struct loop *loop, struct letter *letter)
{
    struct matching *matching = (struct matching *)letter;
    suspension_end(loop, matching->session, write_count, matching);
    destroy(matching);
}

static void join(struct loop *loop, struct letter *letter)
{
    struct matching_part *part = (struct matching_part *)letter;
    struct matching_part **last = &loop->walk->matches;
    while (*last != NULL) last = &(*last)->next;
    *last = part;
    loop_walk_note_busy(loop->walk);
    loop_set_busy(loop, true);
}

void matching_start(struct call *call, struct slice pattern, bool softly)
{
    struct server *server = call->server;
    struct matching *matching =
        alloc_zeroed(sizeof *matching + server->loop_count * sizeof matching->parts[0]);
    matching->session = call->session->id;
    matching->home = call->loop->index;
    matching->db = call->db;
    matching->softly = softly;
    matching->pattern = alloc_bytes(pattern.len);
    matching->pattern_len = pattern.len;
    memcpy(matching->pattern, pattern.data, pattern.len);
    atomic_store(&matching->left, server->loop_count);
    suspension_start(call, WAIT_SUSPENDED);
    for (unsigned i = 0; i < server->loop_count; i++) {
        matching->parts[i] = (struct matching_part){ .letter.open = join, .matching = matching, .shard = i };
        mailbox_post(&server->loops[i].mailbox, &matching->parts[i].letter);
    }
}

struct met {
    struct slice pattern;
    const struct bumps *bumps;
    int64_t now_ms;
    bool softly;
    size_t len;
    bool full;
    struct entry *entries[MET_MAX];
};

static void meet(void *context, struct entry *entry)
{
    struct met *met = context;
    if (!glob_match(met->pattern, entry_key(entry))) return;
    if (met->softly && bumps_judge(met->bumps, entry, met->now_ms).state != DRESS_FRESH) return;
    if (met->len == MET_MAX)
        met->full = true;
    else
        met->entries[met->len++] = entry;
}

static void tell(struct loop *loop, const struct matching *matching, struct shard *shard, struct key key,
                 enum change_event event)
{
    struct change change = change_of(event, matching->db, key, matching->session);
    counter_add(&loop->counters.changes, 1);
    shard_report(shard, &change);
}

/* As CACHE INVALIDATE KEYS does it. */
static void invalidate(struct loop *loop, struct matching *matching, struct shard *shard, struct key key)
{
    struct shard_dressed found = shard_find_dressed(shard, matching->db, key, loop->now_ms, false);
    if (found.entry == NULL || found.verdict.state != DRESS_FRESH) {
        if (!matching->softly) shard_uncover(shard, matching->db, key, loop->now_ms);
        return;
    }
    atomic_fetch_add_explicit(&matching->count, 1, memory_order_relaxed);
    if (matching->softly && found.is_dressed && found.dress.grace_ms > 0) {
        found.dress.is_stale = true;
        found.dress.soft_ms = loop->now_ms;
        shard_redress(shard, matching->db, key, found.entry, &found.dress);
        tell(loop, matching, shard, key, EVENT_SILENT);
    } else {
        shard_remove(shard, matching->db, key, found.entry);
        tell(loop, matching, shard, key, EVENT_DEL);
    }
}

/* The name is copied: it goes with its entry, and is told of behind that. */
static void invalidate_entry(struct loop *loop, struct matching *matching, struct shard *shard,
                             const struct entry *entry, struct buffer *name)
{
    struct slice key = entry_key(entry);
    name->len = 0;
    buffer_append(name, key.data, key.len);
    invalidate(loop, matching, shard, keyspace_key(loop->server->keyspace, buffer_slice(name)));
}

static uint64_t step(struct loop *loop, struct matching_part *part, struct shard *shard)
{
    struct matching *matching = part->matching;
    struct met met = { .pattern = pattern_of(matching),
                       .bumps = keyspace_bumps(loop->server->keyspace),
                       .now_ms = loop->now_ms,
                       .softly = matching->softly };
    struct buffer name = { 0 };
    uint64_t next = shard_scan_dressed(shard, matching->db, part->cursor, loop->now_ms, meet, &met);
    for (size_t i = 0; i < met.len; i++) invalidate_entry(loop, matching, shard, met.entries[i], &name);
    buffer_clear(&name);
    return met.full ? part->cursor : next;
}

static bool lease_goes(void *context, const struct lease *lease)
{
    const struct matching *matching = context;
    return lease->db == matching->db &&
           glob_match(pattern_of(matching), slice_of(lease->name, lease->name_len));
}

/* True: the shard is done. */
static bool walk_some(struct loop *loop, struct matching_part *part, struct shard *shard)
{
    if (!part->begun) leasing_break_each(loop, part->shard, lease_goes, part->matching);
    part->begun = true;
    shard_fetch_scan(shard, part->matching->db, part->cursor);
    for (unsigned i = 0; i < SHARD_SCAN_AHEAD; i++)
        if ((part->cursor = step(loop, part, shard)) == 0) return true;
    return false;
}

/* False: it is kept for long. */
static bool go_on(struct loop *loop, struct matching_part *part)
{
    struct access access;
    if (!access_open_at(&access, loop->server->keyspace, part->shard)) return false;
    bool done = walk_some(loop, part, access_shard_at(&access, part->shard));
    if (loop->unserved) loop->serve_alone(loop, &access);
    access_close(&access);
    if (!done) return true;
    part->shard += loop->server->loop_count;
    part->begun = false;
    return true;
}

static void finish(struct loop *loop, struct matching *matching)
{
    if (atomic_fetch_sub(&matching->left, 1) != 1) return;
    matching->letter.open = answer;
    mailbox_post(&loop->server->loops[matching->home].mailbox, &matching->letter);
}

/* What goes is announced, to whoever is behind already. */
static bool must_wait(struct loop *loop)
{
    return pause_is_on(loop->server->pause, loop->now_ms) || pubsub_is_ahead(loop);
}

void matching_run(struct loop *loop)
{
    loop->walk->holds = must_wait(loop);
    if (loop->walk->holds) return;
    uint64_t start = ticks_now();
    struct matching_part *part;
    while ((part = loop->walk->matches) != NULL) {
        if (part->shard >= keyspace_shards(loop->server->keyspace)) {
            loop->walk->matches = part->next;
            finish(loop, part->matching);
            continue;
        }
        if (!go_on(loop, part) || ticks_to_ns(ticks_now() - start, loop->server->ns_per_tick) >= SLICE_NS)
            return;
    }
}

void matching_drop(struct matching_part **first)
{
    for (struct matching_part *part = *first, *next; part != NULL; part = next) {
        next = part->next;
        if (atomic_fetch_sub(&part->matching->left, 1) == 1) destroy(part->matching);
    }
    *first = NULL;
}
