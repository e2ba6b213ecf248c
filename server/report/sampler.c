#include "server/report/sampler.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/exec/session/census.h"
#include "server/memory/memory_use.h"
#include "server/observe/histogram.h"
#include "server/observe/timeline.h"
#include "server/report/baseline.h"
#include "server/report/nearcache_report.h"
#include "server/upstream/copies/nearcache_stats.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"

static bool has_socket(struct settings *settings)
{
    struct buffer path = { 0 };
    settings_copy_text(settings, TEXT_HTTP_UNIXSOCKET, &path);
    bool has = path.len > 0;
    buffer_clear(&path);
    return has;
}

static bool http_is_on(struct settings *settings)
{
    return SETTING(settings, http_port) != 0 || SETTING(settings, http_tls_port) != 0 || has_socket(settings);
}

struct sampler_reads sampler_reads(struct server *server)
{
    struct bumps_stats bumps = bumps_stats(keyspace_bumps(server->keyspace));
    struct sampler_reads reads = { .invalidated = bumps.hard + bumps.soft };
    if (server->tier == NULL) {
        reads.hits = TOTAL(server, hits);
        reads.misses = TOTAL(server, misses);
        return reads;
    }
    reads.hits = NEARCACHE_TOTAL(server, hits);
    reads.misses = NEARCACHE_TOTAL(server, misses);
    reads.invalidated += NEARCACHE_TOTAL(server, dropped);
    return reads;
}

/* Of commands that have run here there are a few dozen. */
static void note_latency(struct loop *loop)
{
    struct histogram sum;
    memset(&sum, 0, sizeof(sum));
    for (unsigned id = 0; id < loop->counters.command_count; id++) {
        const struct histogram *latency =
            atomic_load_explicit(&loop->counters.by_command[id].latency, memory_order_acquire);
        if (latency != NULL) histogram_merge(&sum, latency);
    }
    timeline_note_latency(loop->server->timeline, loop->index, &sum);
}

static void add_row(struct loop *loop)
{
    struct server *server = loop->server;
    struct sampler_reads reads = sampler_reads(server);
    struct shard_stats keys = keyspace_stats(server->keyspace);
    struct memory_use use = memory_use_of(server);
    timeline_add(server->timeline,
                 &(struct timeline_row){
                     { [TIMELINE_AT_MS] = loop->now_ms,
                       [TIMELINE_COMMANDS] = (int64_t)TOTAL(server, commands),
                       [TIMELINE_HITS] = (int64_t)reads.hits,
                       [TIMELINE_MISSES] = (int64_t)reads.misses,
                       [TIMELINE_STALE] = (int64_t)TOTAL(server, cache_stale),
                       [TIMELINE_WINS] = (int64_t)TOTAL(server, cache_wins),
                       [TIMELINE_WAITS] = (int64_t)TOTAL(server, cache_waits),
                       [TIMELINE_EVICTED] = (int64_t)(keys.evicted - atomic_load(&server->baseline->evicted)),
                       [TIMELINE_EXPIRED] = (int64_t)(keys.expired - atomic_load(&server->baseline->expired)),
                       [TIMELINE_INVALIDATED] = (int64_t)reads.invalidated,
                       [TIMELINE_USED] = (int64_t)use.allocated,
                       [TIMELINE_RSS] = (int64_t)use.rss,
                       [TIMELINE_CLIENTS] = census_get(&server->census->connected),
                       [TIMELINE_IN_BYTES] = (int64_t)TOTAL(server, net_in),
                       [TIMELINE_OUT_BYTES] = (int64_t)TOTAL(server, net_out) } });
}

static void begin_or_end(struct server *server)
{
    if (http_is_on(server->settings))
        timeline_begin(server->timeline);
    else
        timeline_end(server->timeline);
}

void sampler_run(struct loop *loop)
{
    if (loop->index == 0) begin_or_end(loop->server);
    if (!timeline_is_on(loop->server->timeline)) return;
    note_latency(loop);
    if (loop->index == 0) add_row(loop);
}
