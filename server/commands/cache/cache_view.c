#include "server/commands/cache/cache_view.h"

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "storage/dress/media_types.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"

/* A value begins to be computed anew in the last fifth of its life at the earliest. */
#define EARLY_PART 5

static bool is_of_version(const struct call *call, const struct dress *dress, struct slice version)
{
    return dress->has_version && dress->version == bumps_hash(keyspace_bumps(call->access.keyspace), version);
}

static int64_t left_of(int64_t deadline_ms, int64_t now_ms)
{
    if (deadline_ms == ENTRY_NO_DEADLINE) return -1;
    return deadline_ms > now_ms ? deadline_ms - now_ms : 0;
}

static int64_t age_of(const struct dress *dress, int64_t now_ms)
{
    if (dress->born == 0) return -1;
    int64_t born_ms = (int64_t)(dress->born / 1000);
    return now_ms > born_ms ? now_ms - born_ms : 0;
}

/* Of what is stale, what is left of its grace. */
static int64_t grace_of(const struct shard_dressed *found, int64_t now_ms)
{
    if (found->dress.grace_ms == 0) return -1;
    if (found->verdict.state == DRESS_STALE) return left_of(found->verdict.dead_ms, now_ms);
    return found->dress.grace_ms;
}

static void show(const struct call *call, const struct shard_dressed *found, struct cache_view *view)
{
    bool is_fresh = found->verdict.state == DRESS_FRESH;
    view->entry = found->entry;
    view->freshness = is_fresh ? CACHE_FRESH : CACHE_STALE;
    view->left_ms = is_fresh ? left_of(found->verdict.soft_ms, call->now_ms) : 0;
    if (!found->is_dressed) return;
    view->grace_ms = grace_of(found, call->now_ms);
    view->age_ms = age_of(&found->dress, call->now_ms);
    view->cost_ms = found->dress.cost_ms;
    view->type = media_types_name(keyspace_media_types(call->access.keyspace), found->dress.type);
}

bool cache_view_find(struct call *call, int arg, const struct slice *version, struct cache_view *view)
{
    struct key key = call_key(call, arg);
    struct shard *shard = access_shard(&call->access, key.hash);
    struct shard_dressed found =
        shard_find_dressed(shard, call->db, key, call->now_ms, !call->session->no_touch);
    *view = (struct cache_view){ .left_ms = -1, .grace_ms = -1, .age_ms = -1 };
    if (found.entry == NULL || found.verdict.state == DRESS_DEAD) return true;
    if (!call_wants_string(call, found.entry)) return false;
    if (version == NULL || is_of_version(call, &found.dress, *version)) show(call, &found, view);
    return true;
}

bool cache_view_is_young(const struct call *call, const struct entry *entry)
{
    if (!entry_is_dressed(entry)) return true;
    int64_t cost_ms = dress_cost_ms(entry);
    if (__builtin_expect(cost_ms == 0, 1)) return true;
    return dress_soft_ms(entry) - call->now_ms > SETTING(call_settings(call), cache_early) * cost_ms;
}

bool cache_view_is_due(const struct call *call, const struct cache_view *view)
{
    int64_t early = SETTING(call_settings(call), cache_early);
    if (view->cost_ms == 0 || view->left_ms < 0 || view->age_ms < 0) return false;
    int64_t most_ms = (view->left_ms + view->age_ms) / EARLY_PART;
    int64_t window_ms = early * (int64_t)view->cost_ms;
    return view->left_ms <= (window_ms < most_ms ? window_ms : most_ms);
}
