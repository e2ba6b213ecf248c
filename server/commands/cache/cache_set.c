#include <stddef.h>

#include "server/commands/cache/cache.h"
#include "server/commands/cache/cache_set_options.h"
#include "server/commands/collection/chance.h"
#include "server/core/loop.h"
#include "server/events/lease/leasing.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors_cache.h"
#include "storage/dress/media_types.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"

/* As a part of its life it only shortens, so that no promise gets longer. */
static int64_t soft_deadline(const struct call *call, const struct cache_set_options *options)
{
    int64_t deadline_ms = options->deadline_ms;
    if (deadline_ms == ENTRY_NO_DEADLINE || options->jitter_percent == 0) return deadline_ms;
    uint64_t most_ms = (uint64_t)(deadline_ms - call->now_ms) / 100 * (uint64_t)options->jitter_percent;
    struct chance chance = chance_of(call);
    return deadline_ms - (int64_t)chance_below(&chance, most_ms + 1);
}

/* A value that nothing is said of but how long it lives is a plain one. */
static bool is_plain(const struct cache_set_options *options)
{
    return !options->graced && options->tag_count == 0 && options->version.data == NULL &&
           options->type.data == NULL && options->token.data == NULL && options->cost_ms < 0;
}

static struct dress dress_for(const struct call *call, const struct cache_set_options *options, uint64_t born)
{
    struct keyspace *keyspace = call->access.keyspace;
    struct dress dress = {
        .soft_ms = soft_deadline(call, options),
        .grace_ms = (uint32_t)options->grace_ms,
        .cost_ms = options->cost_ms > 0 ? (uint32_t)options->cost_ms : 0,
        .born = born,
        .tag_count = options->tag_count,
        .tags = options->tags,
    };
    if (options->version.data != NULL) {
        dress.has_version = true;
        dress.version = bumps_hash(keyspace_bumps(keyspace), options->version);
    }
    return dress;
}

static void store(struct call *call, const struct cache_set_options *options, const struct dress *dress)
{
    struct key key = call_key(call, 2);
    struct shard *shard = access_shard(&call->access, key.hash);
    if (is_plain(options))
        call_put_string(call, 2, call_edit(call, 2), call->argv[3], dress->soft_ms);
    else
        shard_put_dressed(shard, call->db, key, call->argv[3], dress, call->now_ms);
    call_changed(call, 2, EVENT_SET);
    if (options->timed) call_changed(call, 2, EVENT_EXPIRE);
    reply_ok(call->reply);
}

/* By whom has won it: born when that was. False: the token is good no longer. A tag that was bumped since
 * ends the lease, so that who waits begins anew. */
static bool dress_computed(struct call *call, const struct cache_set_options *options, struct dress *dress)
{
    struct lease *lease = leasing_find_by_token(call, 2, options->token);
    struct bumps *bumps = keyspace_bumps(call->access.keyspace);
    if (lease == NULL || !bumps_allow(bumps, options->tags, options->tag_count, lease->granted)) {
        if (lease != NULL) leasing_end(call, lease);
        return false;
    }
    dress->born = lease->granted;
    if (options->cost_ms < 0) dress->cost_ms = leasing_cost_ms(call, lease);
    return true;
}

static void count_fill(struct call *call, bool good)
{
    struct counters *counters = &call->loop->counters;
    counter_add(good ? &counters->cache_fills : &counters->cache_refused, 1);
}

static void set(struct call *call, const struct cache_set_options *options, uint16_t type)
{
    /* A value that has a cost is begun anew in the last part of its life, which is counted from its birth. */
    bool depends = options->tag_count > 0 || options->version.data != NULL || options->cost_ms > 0;
    struct bumps *bumps = keyspace_bumps(call->access.keyspace);
    struct dress dress = dress_for(call, options, depends ? bumps_tick(bumps, call->now_ms * 1000) : 0);
    dress.type = type;
    bool is_computed = options->token.data != NULL;
    bool good = !is_computed || dress_computed(call, options, &dress);
    if (is_computed) count_fill(call, good);
    if (good)
        store(call, options, &dress);
    else
        reply_null(call->reply);
}

/* A type that cannot be kept would make another value of it: a coded one would be shown as plain. */
void cache_set(struct call *call)
{
    struct cache_set_options options;
    if (!cache_set_options_read(call, &options)) return;
    struct media_types *types = keyspace_media_types(call->access.keyspace);
    uint16_t type = 0;
    if (options.type.data != NULL) {
        type = media_types_take(types, options.type);
        if (type == 0) {
            reply_error(call->reply, SLICE(ERR_TOO_MANY_TYPES));
            return;
        }
    }
    set(call, &options, type);
    media_types_release(types, type);
}
