#include <stddef.h>

#include "proto/base/alloc.h"
#include "server/commands/cache/cache.h"
#include "server/commands/cache/cache_errors.h"
#include "server/commands/cache/cache_match.h"
#include "server/commands/cache/cache_tags.h"
#include "server/core/loop.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"
#include "server/exec/session/session_gate.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"

/* One that is fresh, and has grace. */
static void soften(struct call *call, int arg, struct shard_dressed *found)
{
    struct key key = call_key(call, arg);
    found->dress.is_stale = true;
    found->dress.soft_ms = call->now_ms;
    shard_redress(access_shard(&call->access, key.hash), call->db, key, found->entry, &found->dress);
    call_changed(call, arg, EVENT_SILENT);
}

/* True: it was visible. What was not goes as with DEL, unless it is kept for its grace anyway. */
static bool invalidate_key(struct call *call, int arg, bool softly)
{
    struct key key = call_key(call, arg);
    struct shard *shard = access_shard(&call->access, key.hash);
    struct shard_dressed found = shard_find_dressed(shard, call->db, key, call->now_ms, false);
    bool is_fresh = found.entry != NULL && found.verdict.state == DRESS_FRESH;
    bool has_grace = found.is_dressed && found.dress.grace_ms > 0;
    if (is_fresh && softly && has_grace) {
        soften(call, arg, &found);
    } else if (is_fresh) {
        call_remove(call, arg, found.entry);
        call_changed(call, arg, EVENT_DEL);
    } else if (softly) {
        call_outdate(call, arg);
    } else {
        call_uncover(call, arg);
    }
    return is_fresh;
}

static void invalidate_keys(struct call *call, int from, bool softly)
{
    int64_t count = 0;
    for (int arg = from; arg < call->argc; arg++) count += invalidate_key(call, arg, softly);
    reply_int(call->reply, count);
}

static void invalidate_tags(struct call *call, int from, bool softly)
{
    size_t count = (size_t)(call->argc - from);
    uint64_t *tags = alloc_bytes(count * sizeof(*tags));
    if (cache_tags_read(call, from, call->argc, tags)) {
        struct bumps *bumps = keyspace_bumps(call->access.keyspace);
        enum bump_kind kind = softly ? BUMP_SOFT : BUMP_HARD;
        uint64_t number = bumps_bump(bumps, tags, count, kind, call->now_ms * 1000);
        if (call->inside) bumps_show(bumps, number);
        tracking_on_bump(call->loop, tags, count);
        counter_add(&call->loop->counters.changes, 1);
        reply_int(call->reply, (int64_t)count);
    }
    alloc_free(tags);
}

/* Alone it is one step. Within EXEC or a script it is to be seen with what else that changes: nobody looks
 * meanwhile. */
uint64_t cache_shards_of_invalidate(const struct call *call)
{
    bool is_part = call->session->executing || call->session->gates & GATE_MULTI;
    if (!is_part) return 0;
    int word = call_arg_is(call, 2, "soft") ? 3 : 2;
    bool bumps = word < call->argc && call_arg_is(call, word, "tags");
    return bumps ? access_all_bits(call->access.keyspace) : 0;
}

void cache_invalidate(struct call *call)
{
    bool softly = call_arg_is(call, 2, "soft");
    int word = softly ? 3 : 2;
    if (word + 1 >= call->argc)
        reply_error(call->reply, SLICE(ERR_SYNTAX));
    else if (call_arg_is(call, word, "keys"))
        invalidate_keys(call, word + 1, softly);
    else if (call_arg_is(call, word, "tags"))
        invalidate_tags(call, word + 1, softly);
    else if (call_arg_is(call, word, "match") && word + 2 == call->argc)
        cache_invalidate_match(call, word + 1, softly);
    else
        reply_error(call->reply, SLICE(ERR_SYNTAX));
}
