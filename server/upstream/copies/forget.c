#include "server/upstream/copies/forget.h"

#include "server/upstream/copies/followers.h"
#include "server/upstream/tier_state.h"

static struct nearcache_stats *stats_of(struct tier *tier)
{
    return &tier->loops[0].stats;
}

bool forget_key(struct tier *tier, struct key key)
{
    counter_add(&stats_of(tier)->discarded_fills, fills_discard(&tier->fills, key));
    return copies_drop(&tier->copies, key);
}

void forget_all(struct tier *tier)
{
    counter_add(&stats_of(tier)->discarded_fills, fills_discard_all(&tier->fills));
    counter_add(&stats_of(tier)->flushes, 1);
    copies_flush(&tier->copies);
}

void forget_and_tell_all(struct tier *tier)
{
    forget_all(tier);
    followers_tell_all(tier);
}
