#include "server/events/watch/watch.h"

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/events/changes.h"
#include "server/events/watch/watched_keys.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "server/memory/client_account.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard.h"

void watch_create(struct changes *changes, unsigned shards, struct loop *loops, unsigned loop_count)
{
    for (unsigned i = 0; i < shards; i++) {
        struct shard_events *events = changes_shard(changes, i);
        events->watched = ALLOC_NEW(struct watched_keys);
        watched_keys_init(events->watched);
    }
    for (unsigned i = 0; i < loop_count; i++) loops[i].unwatch = watch_end;
}

void watch_destroy(struct changes *changes, unsigned shards)
{
    for (unsigned i = 0; i < shards; i++) {
        struct shard_events *events = changes_shard(changes, i);
        watched_keys_clear(events->watched);
        alloc_free(events->watched);
    }
}

/* The shard is listened to before the mark is there, and as long as it is. A key that has run out goes now.
 */
void watch_key(struct call *call, int arg)
{
    struct session *session = call->session;
    struct changes *changes = call->loop->changes;
    struct key key = call_key(call, arg);
    unsigned shard = keyspace_shard_of(call->access.keyspace, key.hash);
    bool shown = shard_find(access_shard(&call->access, key.hash), call->db, key, call->now_ms) != NULL;
    if (session->watches == NULL) session->watches = ALLOC_NEW(struct watches);
    changes_listen_in(changes, shard, CHANGES_WATCH);
    struct watched_keys *table = changes_shard(changes, shard)->watched;
    if (!watched_keys_add(table, session->watches, shard, call->db, key)) {
        changes_unlisten_in(changes, shard, CHANGES_WATCH);
        return;
    }
    SLIST_FIRST(&session->watches->marks)->shown = shown;
    client_account_set(session->account, ACCOUNT_WATCHED, session->watches->bytes);
}

/* Who looks a key up finds out that it has run out, and says so: that sets the word. Of one that is stale, or
 * whose tag was invalidated, nothing is said. */
bool watch_holds(struct call *call)
{
    const struct watches *watches = call->session->watches;
    const struct watch_mark *mark;
    if (watches == NULL) return true;
    SLIST_FOREACH(mark, &watches->marks, own)
    {
        if (atomic_load(&watches->changed)) return false;
        struct shard *shard = access_shard_at(&call->access, mark->shard);
        bool shown = shard_find(shard, mark->db, mark->key, call->now_ms) != NULL;
        if (mark->shown && !shown) return false;
    }
    return !atomic_load(&watches->changed);
}

void watch_end(struct session *session)
{
    struct watches *watches = session->watches;
    if (watches == NULL) return;
    while (watches->count > 0)
        changes_unlisten_in(session->loop->changes, watched_keys_remove_first(watches), CHANGES_WATCH);
    client_account_set(session->account, ACCOUNT_WATCHED, 0);
    alloc_free(watches);
    session->watches = NULL;
}

static void note_change(void *context, struct watch_mark *mark)
{
    const struct change *change = context;
    if (mark->expired && change->class == CHANGE_EXPIRED)
        mark->expired = false;
    else
        atomic_store(&mark->watches->changed, true);
}

void watch_on_change(struct shard_events *events, const struct change *change)
{
    watched_keys_each_of(events->watched, change->db, change->key, note_change, (void *)change);
}

struct upheaval {
    const struct flush *flush;
    struct shard *shard;
};

/* The databases have been exchanged already. A key that was not there, and of which there is now one that has
 * run out, is still not there. */
static void note_swap(const struct upheaval *upheaval, struct watch_mark *mark)
{
    const struct flush *flush = upheaval->flush;
    if (mark->db != flush->db && mark->db != flush->other_db) return;
    unsigned former = mark->db == flush->db ? flush->other_db : flush->db;
    bool is_live = shard_know(upheaval->shard, mark->db, mark->key, flush->now_ms) != SHARD_UNKNOWN;
    if (is_live || shard_keeps(upheaval->shard, former, mark->key))
        atomic_store(&mark->watches->changed, true);
    else
        mark->expired = shard_keeps(upheaval->shard, mark->db, mark->key);
}

static void note_upheaval(void *context, struct watch_mark *mark)
{
    const struct upheaval *upheaval = context;
    const struct flush *flush = upheaval->flush;
    if (flush->kind == FLUSH_SWAP)
        note_swap(upheaval, mark);
    else if ((flush->kind == FLUSH_ALL || flush->db == mark->db) &&
             shard_keeps(upheaval->shard, mark->db, mark->key))
        atomic_store(&mark->watches->changed, true);
}

void watch_on_flush(struct shard_events *events, unsigned shard, const struct flush *flush)
{
    struct upheaval upheaval = { flush, access_shard_at(flush->access, shard) };
    watched_keys_each(events->watched, note_upheaval, &upheaval);
}
