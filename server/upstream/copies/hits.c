#include "server/upstream/copies/hits.h"

#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/upstream/copies/touch.h"
#include "server/upstream/tier_state.h"

void hits_look(struct loop *loop)
{
    const struct tier *tier = loop->server->tier;
    struct tier_loop *own = tier_of(loop);
    int64_t now_ms = (int64_t)uv_now(&loop->uv);
    int64_t stale_until_ms = atomic_load_explicit(&tier->link.stale_until_ms, memory_order_acquire);
    loop->reply.seventeen = atomic_load_explicit(&tier->link.seventeen, memory_order_relaxed);
    own->fresh = now_ms < atomic_load_explicit(&tier->link.fresh_until_ms, memory_order_acquire);
    loop->serves_copies = (own->fresh || (stale_until_ms > 0 && now_ms < stale_until_ms)) &&
                          SETTING(tier->server->settings, near_cache_mode) != NEAR_CACHE_STRICT;
}

static __attribute__((noinline)) void touch_sometimes(struct call *call, struct tier_loop *own)
{
    int64_t rate = SETTING(call->server->settings, near_cache_touch_rate);
    own->next_touch_ms = call->now_ms + 1000; /* or ask again whether it is wanted */
    if (rate == 0) return;
    own->next_touch_ms = call->now_ms + 1 + 1000 * call->server->loop_count / rate;
    touch_send(call->loop, call->db, call->argv[1]);
}

void hits_note(struct call *call)
{
    struct tier_loop *own = tier_of(call->loop);
    counter_add(&own->stats.hits, 1);
    counter_add(&own->stats.negative_hits, call->absent);
    if (call->command->row->tier & TIER_TYPED) counter_add(&own->stats.typed_hits, 1);
    if (!own->fresh) counter_add(&own->stats.stale_hits, 1);
    if (call->now_ms >= own->next_touch_ms) touch_sometimes(call, own);
}

bool hits_may_answer(struct call *call)
{
    struct tier *tier = call->server->tier;
    call->endless = false;
    if (call->offline) return atomic_load(&tier->link.state) == LINK_DOWN;
    return copies_can_answer(&tier->copies, call, &call->absent);
}
