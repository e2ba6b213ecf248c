#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/pubsub/pubsub_registry.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/command/table.h"
#include "server/observe/counters.h"
#include "server/observe/errorstats.h"
#include "server/observe/rates.h"
#include "server/report/baseline.h"
#include "server/report/info.h"
#include "server/upstream/errands/passed_stats.h"
#include "server/upstream/tier.h"
#include "storage/keyspace/access_glance.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/shard.h"

static void info_count(struct buffer *out, const char *name, uint64_t count)
{
    info_field(out, name, "%llu", (unsigned long long)count);
}

static void write_traffic(struct server *server, struct buffer *out)
{
    const struct rates *rates = server->rates;
    info_count(out, "total_connections_received", TOTAL(server, connections));
    info_count(out, "total_commands_processed", TOTAL(server, commands));
    info_count(out, "instantaneous_ops_per_sec", rates_get(rates, RATE_COMMANDS));
    info_count(out, "total_net_input_bytes", TOTAL(server, net_in));
    info_count(out, "total_net_output_bytes", TOTAL(server, net_out));
    info_count(out, "total_net_repl_input_bytes", 0);
    info_count(out, "total_net_repl_output_bytes", 0);
    info_field(out, "instantaneous_input_kbps", "%.2f", (double)rates_get(rates, RATE_NET_IN) / 1024);
    info_field(out, "instantaneous_output_kbps", "%.2f", (double)rates_get(rates, RATE_NET_OUT) / 1024);
    info_field(out, "instantaneous_input_repl_kbps", "0.00");
    info_field(out, "instantaneous_output_repl_kbps", "0.00");
    info_count(out, "rejected_connections", TOTAL(server, rejected_connections));
}

/* Keys looked at in each database of a shard. */
#define STALE_SAMPLES 16

/* The part of all keys that are past their deadline and not removed yet, estimated from the shards that
 * nobody works in. */
static double stale_percent(struct server *server)
{
    struct keyspace *keyspace = server->keyspace;
    int64_t now_ms = server_now_ms(server);
    size_t keys = 0;
    double stale = 0;
    for (unsigned i = 0; i < keyspace_shards(keyspace); i++) {
        struct shard *shard = access_glance(keyspace, i);
        if (shard == NULL) continue;
        DATABASE_SET_EACH(keyspace_used_databases(keyspace), db)
        {
            size_t len = shard_len(shard, db);
            keys += len;
            stale +=
                (double)len / STALE_SAMPLES * (double)shard_count_stale(shard, db, now_ms, STALE_SAMPLES);
        }
        access_glance_end(keyspace, i);
    }
    return keys > 0 ? 100 * stale / (double)keys : 0;
}

static uint64_t topics_of(const struct server *server, enum topic_kind kind)
{
    return pubsub_registry_topics(pubsub_registry_of(server->pubsub), kind);
}

static void write_keys(struct server *server, struct buffer *out)
{
    struct shard_stats keys = keyspace_stats(server->keyspace);
    info_count(out, "sync_full", 0);
    info_count(out, "sync_partial_ok", 0);
    info_count(out, "sync_partial_err", 0);
    info_count(out, "expired_keys", keys.expired - atomic_load(&server->baseline->expired));
    info_count(out, "expired_subkeys",
               keys.expired_elements - atomic_load(&server->baseline->expired_elements));
    info_field(out, "expired_stale_perc", "%.2f", stale_percent(server));
    info_count(out, "expired_time_cap_reached_count", 0);
    info_count(out, "expire_cycle_cpu_milliseconds", TOTAL(server, sweep_ns) / 1000000);
    info_count(out, "evicted_keys", keys.evicted - atomic_load(&server->baseline->evicted));
    info_count(out, "evicted_clients", TOTAL(server, evicted_clients));
    info_count(out, "total_eviction_exceeded_time", 0);
    info_count(out, "current_eviction_exceeded_time", 0);
    info_count(out, "keyspace_hits", TOTAL(server, hits));
    info_count(out, "keyspace_misses", TOTAL(server, misses));
    info_count(out, "pubsub_channels", topics_of(server, TOPIC_CHANNEL));
    info_count(out, "pubsub_patterns", topics_of(server, TOPIC_PATTERN));
    info_count(out, "pubsubshard_channels", topics_of(server, TOPIC_SHARD_CHANNEL));
    info_count(out, "latest_fork_usec", 0);
    info_count(out, "total_forks", 0);
    info_count(out, "migrate_cached_sockets", 0);
    info_count(out, "slave_expires_tracked_keys", 0);
    info_count(out, "active_defrag_hits", 0);
    info_count(out, "active_defrag_misses", 0);
    info_count(out, "active_defrag_key_hits", 0);
    info_count(out, "active_defrag_key_misses", 0);
    info_count(out, "total_active_defrag_time", 0);
    info_count(out, "current_active_defrag_time", 0);
    struct tracking_counts tracked = tracking_counts(server->tracking);
    info_count(out, "tracking_total_keys", tracked.keys);
    info_count(out, "tracking_total_items", tracked.items);
    info_count(out, "tracking_total_prefixes", tracked.prefixes);
}

static uint64_t us_in_commands(struct server *server)
{
    uint64_t ns = 0;
    for (unsigned id = 0; id < command_table_ids(server->commands); id++)
        ns += totals_of_command(server, id).ns;
    return ns / 1000;
}

/* How long turns take is not measured: it is the process's time on the cores, which is what they are made of.
 */
static void write_turns(struct server *server, struct buffer *out)
{
    uint64_t turns = rates_get(server->rates, RATE_TURNS);
    info_count(out, "eventloop_cycles", TOTAL(server, turns));
    info_count(out, "eventloop_duration_sum", rates_cpu_us());
    info_count(out, "eventloop_duration_cmd_sum", us_in_commands(server));
    info_count(out, "instantaneous_eventloop_cycles_per_sec", turns);
    info_count(out, "instantaneous_eventloop_duration_usec",
               turns > 0 ? rates_get(server->rates, RATE_CPU_US) / turns : 0);
}

void info_stats(struct server *server, struct buffer *out)
{
    write_traffic(server, out);
    write_keys(server, out);
    info_count(out, "total_error_replies", TOTAL(server, errors));
    info_count(out, "unexpected_error_replies", 0);
    info_count(out, "dump_payload_sanitizations", 0);
    info_count(out, "acl_access_denied_auth", TOTAL(server, wrong_passwords));
    info_count(out, "acl_access_denied_cmd", TOTAL(server, denied_commands));
    info_count(out, "acl_access_denied_key", TOTAL(server, denied_keys));
    info_count(out, "acl_access_denied_channel", TOTAL(server, denied_channels));
    info_count(out, "acl_access_denied_tls_cert", TOTAL(server, unknown_certificates));
    info_count(out, "total_reads_processed", TOTAL(server, reads));
    info_count(out, "total_writes_processed", TOTAL(server, writes));
    info_count(out, "io_threaded_reads_processed",
               TOTAL(server, reads) - counter_get(&server->loops[0].counters.reads));
    info_count(out, "io_threaded_writes_processed",
               TOTAL(server, writes) - counter_get(&server->loops[0].counters.writes));
    info_count(out, "reply_buffer_shrinks", 0);
    info_count(out, "reply_buffer_expands", 0);
    write_turns(server, out);
    info_count(out, "client_query_buffer_limit_disconnections", TOTAL(server, query_buffer_closes));
    info_count(out, "client_output_buffer_limit_disconnections", TOTAL(server, output_buffer_closes));
}

void info_commandstats(struct server *server, struct buffer *out)
{
    for (unsigned id = 0; id < command_table_ids(server->commands); id++) {
        struct command_totals totals = totals_of_command(server, id);
        if (totals.calls == 0 && totals.rejected == 0 && totals.failed == 0) continue;
        double us = (double)totals.ns / 1000;
        buffer_printf(
            out,
            "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
            command_table_by_id(server->commands, id)->full_name, (unsigned long long)totals.calls,
            (unsigned long long)us, totals.calls > 0 ? us / (double)totals.calls : 0.0,
            (unsigned long long)totals.rejected, (unsigned long long)totals.failed);
    }
    if (server->tier != NULL) passed_stats_write(tier_passed(server->tier), out);
}

static void write_error_kind(void *context, const char *kind, uint64_t count)
{
    buffer_printf(context, "errorstat_%s:count=%llu\r\n", kind, (unsigned long long)count);
}

void info_errorstats(struct server *server, struct buffer *out)
{
    errorstats_each(server->errorstats, write_error_kind, out);
}

static void write_percentiles(const struct histogram *latency, struct slice percentiles, struct buffer *out)
{
    char text[256];
    slice_to_cstr(percentiles, text, sizeof(text));
    const char *separator = "";
    char *rest = text;
    for (char *word = strtok_r(rest, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        uint64_t ns = histogram_percentile_ns(latency, strtod(word, NULL));
        buffer_printf(out, "%sp%s=%.3f", separator, word, (double)ns / 1000);
        separator = ",";
    }
}

void info_latencystats(struct server *server, struct buffer *out)
{
    struct buffer percentiles = { 0 };
    settings_copy_text(server->settings, TEXT_LATENCY_PERCENTILES, &percentiles);
    struct histogram *latency = alloc_bytes(sizeof(*latency));
    for (unsigned id = 0; id < command_table_ids(server->commands); id++) {
        memset(latency, 0, sizeof(*latency));
        totals_of_latency(server, id, latency);
        if (histogram_total(latency) == 0) continue;
        buffer_printf(out,
                      "latency_percentiles_usec_%s:", command_table_by_id(server->commands, id)->full_name);
        write_percentiles(latency, buffer_slice(&percentiles), out);
        buffer_append(out, "\r\n", 2);
    }
    alloc_free(latency);
    buffer_clear(&percentiles);
}

/* Over the keys of all shards that nobody works in. A deadline may be as late as a number can say: two of
 * them are more than that.
 */
static int64_t average_ttl_ms(struct server *server, unsigned db, int64_t now_ms)
{
    __int128 sum_ms = 0;
    size_t deadlines = 0;
    for (unsigned i = 0; i < keyspace_shards(server->keyspace); i++) {
        struct shard *shard = access_glance(server->keyspace, i);
        if (shard == NULL) continue;
        size_t of_shard = shard_deadlines(shard, db);
        sum_ms += (__int128)shard_average_ttl_ms(shard, db, now_ms) * (__int128)of_shard;
        deadlines += of_shard;
        access_glance_end(server->keyspace, i);
    }
    return deadlines > 0 ? (int64_t)(sum_ms / (__int128)deadlines) : 0;
}

void info_keyspace(struct server *server, struct buffer *out)
{
    int64_t now_ms = server_now_ms(server);
    DATABASE_SET_EACH(keyspace_used_databases(server->keyspace), db)
    {
        size_t keys = keyspace_len(server->keyspace, db);
        if (keys == 0) continue;
        buffer_printf(out, "db%u:keys=%zu,expires=%zu,avg_ttl=%lld,subexpiry=%zu\r\n", db, keys,
                      keyspace_deadlines(server->keyspace, db), (long long)average_ttl_ms(server, db, now_ms),
                      keyspace_with_timed_elements(server->keyspace, db));
    }
}
