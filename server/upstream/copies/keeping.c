#include "server/upstream/copies/keeping.h"

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/upstream/copies/lease.h"
#include "server/upstream/tier_state.h"

static struct loop *loop_of(struct tier *tier)
{
    return &tier->server->loops[0];
}

bool keeping_takes(const struct tier *tier, size_t bytes)
{
    return (int64_t)bytes <= SETTING(tier->server->settings, near_cache_max_value);
}

static bool lasts(const struct tier *tier, int64_t ttl_ms)
{
    return ttl_ms == LEASE_NO_TTL || ttl_ms >= SETTING(tier->server->settings, near_cache_min_ttl_ms);
}

static int64_t until_ms(const struct tier *tier, int64_t asked_at_ms, int64_t ttl_ms)
{
    return lease_until_ms(asked_at_ms, ttl_ms, SETTING(tier->server->settings, near_cache_max_ttl_ms));
}

void keeping_text(struct tier *tier, unsigned db, struct key key, struct slice text, int64_t asked_at_ms,
                  int64_t ttl_ms)
{
    if (!lasts(tier, ttl_ms) || !keeping_takes(tier, text.len)) return;
    counter_add(&tier->loops[0].stats.fills, 1);
    copies_put(&tier->copies, loop_of(tier), db, key, text, until_ms(tier, asked_at_ms, ttl_ms));
}

void keeping_object(struct tier *tier, const struct fill *fill, struct dump_object *object, size_t bytes,
                    int64_t ttl_ms)
{
    if (fill->discarded || !lasts(tier, ttl_ms) || !keeping_takes(tier, bytes)) return;
    counter_add(&tier->loops[0].stats.fills, 1);
    counter_add(&tier->loops[0].stats.typed_fills, 1);
    copies_put_object(&tier->copies, loop_of(tier),
                      &(struct copy){ .db = fill->db,
                                      .key = fill->key,
                                      .object = object,
                                      .bytes = bytes,
                                      .deadline_ms = until_ms(tier, fill->asked_at_ms, ttl_ms) });
}

void keeping_absence(struct tier *tier, const struct fill *fill)
{
    int64_t ttl_ms = SETTING(tier->server->settings, near_cache_negative_ttl_ms);
    bool tracked = atomic_load(&tier->link.tracking) != UPSTREAM_TRACKS_NONE;
    if (fill->discarded || ttl_ms == 0 || !tracked) return;
    counter_add(&tier->loops[0].stats.fills, 1);
    copies_put_absent(&tier->copies, loop_of(tier), fill->db, fill->key, fill->asked_at_ms + ttl_ms);
}
