#include <stdatomic.h>
#include <stdio.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/tracking/tracking.h"
#include "server/net/connections.h"
#include "server/observe/counters.h"
#include "server/observe/histogram.h"
#include "server/report/figures.h"
#include "server/report/metrics/exposition.h"
#include "server/report/metrics/metrics_parts.h"
#include "server/upstream/link/link.h"
#include "server/upstream/tier.h"

/* A figure of INFO under the value of a label. */
struct labelled {
    const char *value;
    const char *field;
};

static void write_labelled(struct exposition *exposition, const struct figures *figures, const char *name,
                           const char *label, const struct labelled *list)
{
    for (; list->value != NULL; list++) {
        struct slice value = figures_find(figures, slice_of_cstr(list->field));
        if (value.data == NULL) continue;
        exposition_begin(exposition, name, "");
        exposition_label(exposition, label, slice_of_cstr(list->value));
        exposition_text(exposition, value);
    }
}

static void write_cache(struct exposition *exposition, const struct figures *figures)
{
    static const struct labelled states[] = {
        { "hit", "cache_hits" }, { "stale", "cache_stale" }, { "win", "cache_wins" }, { 0 }
    };
    static const struct labelled results[] = { { "stored", "cache_fills" },
                                               { "refused", "cache_refused" },
                                               { "renewed", "cache_renewed" },
                                               { "released", "cache_released" },
                                               { 0 } };
    static const struct labelled kinds[] = { { "hard", "cache_bumps" },
                                             { "soft", "cache_soft_bumps" },
                                             { 0 } };
    exposition_family(exposition, "nuthatch_cache_requests_total", METRIC_COUNTER,
                      "Replies of CACHE GET by their state.");
    write_labelled(exposition, figures, "nuthatch_cache_requests_total", "state", states);
    exposition_family(exposition, "nuthatch_cache_fills_total", METRIC_COUNTER, "How leases ended.");
    write_labelled(exposition, figures, "nuthatch_cache_fills_total", "result", results);
    exposition_family(exposition, "nuthatch_cache_bumps_total", METRIC_COUNTER,
                      "Tags that were invalidated.");
    write_labelled(exposition, figures, "nuthatch_cache_bumps_total", "kind", kinds);
}

static void write_software(struct exposition *exposition, const struct server *server,
                           const struct figures *figures)
{
    exposition_family(exposition, "nuthatch_build_info", METRIC_GAUGE, "What the server is.");
    exposition_begin(exposition, "nuthatch_build_info", "");
    exposition_label(exposition, "version", figures_find(figures, SLICE("nuthatch_version")));
    exposition_label(exposition, "mode", server->tier != NULL ? SLICE("near cache") : SLICE("standalone"));
    exposition_u64(exposition, 1);
    exposition_family(exposition, "nuthatch_tracking_bytes", METRIC_GAUGE,
                      "Memory for what clients that track have read.");
    exposition_begin(exposition, "nuthatch_tracking_bytes", "");
    exposition_u64(exposition, tracking_bytes(server->tracking));
}

static void write_near_cache(struct exposition *exposition, struct tier *tier)
{
    static const double percentiles[] = { 50, 99 };
    static const char *const quantiles[] = { "0.5", "0.99" };
    if (tier == NULL) return;
    exposition_family(exposition, "nuthatch_nearcache_link_up", METRIC_GAUGE,
                      "Whether there is a link to the upstream.");
    exposition_begin(exposition, "nuthatch_nearcache_link_up", "");
    exposition_u64(exposition, atomic_load(&tier_link(tier)->state) == LINK_UP);
    exposition_family(exposition, "nuthatch_nearcache_rtt_seconds", METRIC_SUMMARY,
                      "How long the upstream takes to answer.");
    for (size_t i = 0; i < sizeof(percentiles) / sizeof(*percentiles); i++) {
        exposition_begin(exposition, "nuthatch_nearcache_rtt_seconds", "");
        exposition_label(exposition, "quantile", slice_of_cstr(quantiles[i]));
        exposition_double(exposition, (double)histogram_percentile_ns(tier_rtt(tier), percentiles[i]) / 1e9);
    }
}

static uint64_t clients_of(const struct loop *loop)
{
    return atomic_load_explicit(&loop->connections->count, memory_order_relaxed);
}

static uint64_t commands_of(const struct loop *loop)
{
    return counter_get(&loop->counters.commands);
}

static uint64_t turns_of(const struct loop *loop)
{
    return counter_get(&loop->counters.turns);
}

static uint64_t received_by(const struct loop *loop)
{
    return counter_get(&loop->counters.net_in);
}

static uint64_t sent_by(const struct loop *loop)
{
    return counter_get(&loop->counters.net_out);
}

static void write_loops(struct exposition *exposition, const struct server *server)
{
    static const struct {
        const char *name;
        enum metric_type type;
        const char *help;
        uint64_t (*read)(const struct loop *loop);
    } list[] = {
        { "nuthatch_loop_clients", METRIC_GAUGE, "Connections of each loop.", clients_of },
        { "nuthatch_loop_commands_total", METRIC_COUNTER, "Commands that each loop has run.", commands_of },
        { "nuthatch_loop_turns_total", METRIC_COUNTER, "Turns of each loop.", turns_of },
        { "nuthatch_loop_input_bytes_total", METRIC_COUNTER, "Bytes that each loop has read.", received_by },
        { "nuthatch_loop_output_bytes_total", METRIC_COUNTER, "Bytes that each loop has sent.", sent_by },
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
        exposition_family(exposition, list[i].name, list[i].type, list[i].help);
        for (unsigned loop = 0; loop < server->loop_count; loop++) {
            char label[16];
            snprintf(label, sizeof(label), "%u", loop);
            exposition_begin(exposition, list[i].name, "");
            exposition_label(exposition, "loop", slice_of_cstr(label));
            exposition_u64(exposition, list[i].read(&server->loops[loop]));
        }
    }
}

void metrics_write_own(struct exposition *exposition, struct server *server, const struct figures *figures)
{
    write_software(exposition, server, figures);
    write_cache(exposition, figures);
    write_near_cache(exposition, server->tier);
    write_loops(exposition, server);
}
