#include "server/commands/cache/cache_renewal.h"

#include "server/events/lease/leasing.h"
#include "server/exec/call.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"

/* As it was stored, but for its birth. What has made it old since it was born has not since the lease was
 * granted. */
static struct dress renewed(const struct call *call, const struct shard_dressed *found,
                            const struct lease *lease, int64_t ms)
{
    struct dress dress = found->dress;
    dress.soft_ms = call->now_ms + ms;
    dress.is_stale = false;
    dress.born = lease->granted;
    dress.cost_ms = leasing_cost_ms(call, lease);
    return dress;
}

/* One that a bump has made dead is not what its source has called unchanged. */
static bool may_renew(const struct call *call, const struct shard_dressed *found, const struct lease *lease)
{
    if (found->entry == NULL || entry_type(found->entry) != ENTRY_STRING) return false;
    if (found->verdict.state == DRESS_DEAD) return false;
    return bumps_allow(keyspace_bumps(call->access.keyspace), found->dress.tags, found->dress.tag_count,
                       lease->granted);
}

bool cache_renew(struct call *call, int arg, struct lease *lease, int64_t ms)
{
    struct key key = call_key(call, arg);
    struct shard *shard = access_shard(&call->access, key.hash);
    struct shard_dressed found = shard_find_dressed(shard, call->db, key, call->now_ms, false);
    bool may = may_renew(call, &found, lease);
    struct dress dress = renewed(call, &found, lease, ms);
    leasing_end(call, lease);
    if (!may) return false;
    shard_redress(shard, call->db, key, found.entry, &dress);
    call_changed(call, arg, EVENT_EXPIRE);
    return true;
}
