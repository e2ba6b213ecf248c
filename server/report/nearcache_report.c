#include "server/report/nearcache_report.h"

#include <string.h>

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"
#include "server/exec/session/survey.h"
#include "server/observe/histogram.h"
#include "server/report/info.h"
#include "server/upstream/channel/upstream.h"
#include "server/upstream/copies/copies.h"
#include "server/upstream/copies/fills.h"
#include "server/upstream/copies/lease.h"
#include "server/upstream/copies/nearcache_stats.h"
#include "server/upstream/link/link.h"
#include "server/upstream/link/room.h"
#include "server/upstream/tier.h"
#include "server/upstream/typed/readings.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"
#include "storage/types/blocks/value.h"

const char *nearcache_link_name(struct tier *tier)
{
    static const char *const names[] = {
        [LINK_TRYING] = "connecting", [LINK_UP] = "up", [LINK_DOWN] = "down"
    };
    return names[atomic_load(&tier_link(tier)->state)];
}

static const char *tracking_name(struct tier *tier)
{
    static const char *const names[] = {
        [UPSTREAM_TRACKS_ALL] = "bcast", [UPSTREAM_TRACKS_READ] = "default", [UPSTREAM_TRACKS_NONE] = "ttl"
    };
    const struct link *link = tier_link(tier);
    if (atomic_load(&link->state) != LINK_UP) return "none";
    return atomic_load(&tier_copies(tier)->kept) ? names[atomic_load(&link->tracking)] : "off";
}

#define COUNT(name)                                                                                          \
    {                                                                                                        \
        "nearcache_" #name, offsetof(struct nearcache_stats, name)                                           \
    }

static const struct {
    const char *name;
    size_t at;
} counts[] = {
    COUNT(hits),       COUNT(negative_hits), COUNT(stale_hits),      COUNT(typed_hits), COUNT(misses),
    COUNT(fills),      COUNT(typed_fills),   COUNT(discarded_fills), COUNT(coalesced),  COUNT(invalidations),
    COUNT(dropped),    COUNT(flushes),       COUNT(touched),         COUNT(forwarded),  COUNT(barriers),
    COUNT(reconnects), COUNT(refused),       COUNT(repeated),        COUNT(unknown),
};

uint64_t nearcache_total(const struct server *server, size_t at)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < server->loop_count; i++)
        total +=
            counter_get((const counter *)(const void *)((const char *)tier_stats(&server->loops[i]) + at));
    return total;
}

static void report_link(struct tier *tier, const struct settings *settings, struct buffer *out)
{
    const struct link *link = tier_link(tier);
    static const char *const modes[] = { "coherent", "strict" };
    int64_t lost_ms = atomic_load(&link->lost_ms);
    int64_t now_ms = (int64_t)(uv_hrtime() / 1000000);
    info_field(out, "nearcache_mode", "%s", modes[SETTING(settings, near_cache_mode)]);
    info_field(out, "nearcache_link", "%s", nearcache_link_name(tier));
    info_field(out, "nearcache_link_down_since_seconds", "%lld",
               lost_ms > 0 ? (long long)(now_ms - lost_ms) / 1000 : -1LL);
    info_field(out, "nearcache_tracking", "%s", tracking_name(tier));
    info_field(out, "nearcache_protocol", "%d", atomic_load(&link->protocol));
    info_field(out, "nearcache_fresh_for_ms", "%lld",
               (long long)(atomic_load(&link->fresh_until_ms) > now_ms
                               ? atomic_load(&link->fresh_until_ms) - now_ms
                               : 0));
}

static void report_load(struct tier *tier, struct buffer *out)
{
    info_field(out, "nearcache_rtt_p50_usec", "%llu",
               (unsigned long long)histogram_percentile_ns(tier_rtt(tier), 50) / 1000);
    info_field(out, "nearcache_rtt_p99_usec", "%llu",
               (unsigned long long)histogram_percentile_ns(tier_rtt(tier), 99) / 1000);
    info_field(out, "nearcache_queue_commands", "%lld", (long long)atomic_load(&tier_room(tier)->commands));
    info_field(out, "nearcache_queue_bytes", "%lld", (long long)atomic_load(&tier_room(tier)->bytes));
    info_field(out, "nearcache_dedicated_connections", "%lld", (long long)tier_dedicated_count(tier));
}

void nearcache_report(struct server *server, struct buffer *out)
{
    struct tier *tier = server->tier;
    info_field(out, "nearcache_enabled", "%d", tier != NULL);
    if (tier == NULL) return;
    report_link(tier, server->settings, out);
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        info_field(out, counts[i].name, "%llu", (unsigned long long)nearcache_total(server, counts[i].at));
    report_load(tier, out);
}

static void reset_loop(struct loop *loop, void *question)
{
    (void)question;
    char *stats = (char *)tier_stats(loop);
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
        counter_set((counter *)(void *)(stats + counts[i].at), 0);
    if (loop->index != 0) return;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        atomic_store_explicit(&tier_rtt(loop->server->tier)->counts[i], 0, memory_order_relaxed);
}

void nearcache_reset(struct call *call)
{
    survey_tell(call->loop, reset_loop, NULL, 0);
}

static void explain_absence(struct call *call, struct key key, struct buffer *out)
{
    const struct tier *tier = call->server->tier;
    int64_t enough = SETTING(call->server->settings, near_cache_fill_after);
    int reads = readings_of(tier_readings(tier), call->db, key);
    if (reads == READINGS_DETERRED)
        buffer_printf(out, "upstream: no local copy: too long, or not to be kept, when it was fetched last");
    else if (reads > 0)
        buffer_printf(out,
                      "upstream: no local copy: read %d times, and fetched whole after %lld "
                      "(near-cache-fill-after)",
                      reads, (long long)enough);
    else
        buffer_printf(out, "upstream: no local copy: not read yet, changed, expired, evicted, or too long");
}

static void explain_copy(struct call *call, struct key key, struct buffer *out)
{
    const struct tier *tier = call->server->tier;
    struct shard *shard = access_shard(&call->access, key.hash);
    enum shard_knowledge knowledge = shard_know(shard, call->db, key, call->now_ms);
    struct entry *entry = shard_find(shard, call->db, key, call->now_ms);
    int64_t deadline_ms = entry != NULL ? shard_deadline_ms(shard, call->db, key, entry) : 0;
    const struct value_type *type = entry != NULL ? entry_value_type(entry) : NULL;
    const char *of = type != NULL ? " of the " : "", *what = type != NULL ? type->name : "";

    if (knowledge == SHARD_KNOWN_ABSENT) {
        buffer_printf(out, "local: it is known that the key does not exist");
    } else if (knowledge == SHARD_UNKNOWN && fills_may_hold(tier_fills(tier), key.hash)) {
        buffer_printf(out, "upstream: no local copy yet, one is on its way");
    } else if (knowledge == SHARD_UNKNOWN) {
        explain_absence(call, key, out);
    } else if (deadline_ms == ENTRY_NO_DEADLINE) {
        buffer_printf(out, "local: there is a copy%s%s", of, what);
    } else {
        buffer_printf(out, "local: there is a copy%s%s, for %lld ms more (%s)", of, what,
                      (long long)(deadline_ms - call->now_ms),
                      lease_is_keys_own(deadline_ms) ? "the key's own TTL" : "near-cache-max-ttl");
    }
}

void nearcache_explain(struct call *call, int arg, struct buffer *out)
{
    struct tier *tier = call->server->tier;
    struct key key = keyspace_key(call->server->keyspace, call->argv[arg]);
    if (call->session->envoy != NULL)
        buffer_printf(out, "upstream: its user goes there as another (upstream-auth)");
    else if (!atomic_load(&tier_copies(tier)->kept) && atomic_load(&tier_link(tier)->state) == LINK_UP)
        buffer_printf(out, "upstream: nothing is kept (near-cache-tracking)");
    else if (SETTING(call->server->settings, near_cache_mode) == NEAR_CACHE_STRICT)
        buffer_printf(out, "upstream: near-cache-mode is strict");
    else if (atomic_load(&tier_copies(tier)->kept) && !copies_want(tier_copies(tier), key.name))
        buffer_printf(out, "upstream: its name is not one that is kept (near-cache-prefix, "
                           "near-cache-strict-prefix)");
    else if (!call->loop->serves_copies)
        buffer_printf(out, "upstream: the link is %s and gave no sign of life within the heartbeat",
                      nearcache_link_name(tier));
    else
        explain_copy(call, key, out);
}
