#include "server/report/metrics/metrics.h"

#include <string.h>

#include "proto/base/number.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/session/session.h"
#include "server/observe/errorstats.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/run.h"
#include "server/observe/slowlog.h"
#include "server/report/figures.h"
#include "server/report/metrics/exposition.h"
#include "server/report/metrics/metrics_parts.h"
#include "server/report/metrics/metrics_table.h"
#include "server/report/stats/stats.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"

static void write_value(struct exposition *exposition, const struct metric_row *row, struct slice value)
{
    double number = 0;
    switch (row->reading) {
    case READ_NUMBER: exposition_text(exposition, value); break;
    case READ_OK: exposition_u64(exposition, slice_equal(value, SLICE("ok"))); break;
    case READ_MICROS:
        number_parse_double(value, &number);
        exposition_double(exposition, number / 1e6);
        break;
    }
}

static void write_table(struct exposition *exposition, const struct figures *figures)
{
    for (const struct metric_row *row = metrics_table; row->field != NULL; row++) {
        struct slice value = figures_find(figures, slice_of_cstr(row->field));
        if (value.data == NULL) continue;
        exposition_family(exposition, row->name, row->type, row->field);
        exposition_begin(exposition, row->name, "");
        write_value(exposition, row, value);
    }
}

static void write_single(struct exposition *exposition, const char *name, const char *help, double value)
{
    exposition_family(exposition, name, METRIC_GAUGE, help);
    exposition_begin(exposition, name, "");
    exposition_double(exposition, value);
}

static void write_instance(struct exposition *exposition, const struct figures *figures,
                           const struct server *server)
{
    static const char *const labels[] = {
        "maxmemory_policy", "os",   "process_id", "redis_build_id", "redis_mode",
        "redis_version",    "role", "run_id",     "tcp_port"
    };
    exposition_family(exposition, "redis_instance_info", METRIC_GAUGE, "What the server is.");
    exposition_begin(exposition, "redis_instance_info", "");
    for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
        exposition_label(exposition, labels[i], figures_find(figures, slice_of_cstr(labels[i])));
    exposition_u64(exposition, 1);
    write_single(exposition, "redis_up", "That it answers.", 1);
    int64_t started_s = run_started_ms(server->run) / 1000;
    write_single(exposition, "redis_start_time_seconds", "When it was started, in Unix time.",
                 (double)started_s);
}

typedef size_t (*database_count)(const struct keyspace *keyspace, unsigned db);

static void write_database(struct exposition *exposition, const char *name, unsigned db, size_t count)
{
    char label[16];
    snprintf(label, sizeof(label), "db%u", db);
    exposition_begin(exposition, name, "");
    exposition_label(exposition, "db", slice_of_cstr(label));
    exposition_u64(exposition, count);
}

/* As the exporter: each of the usual sixteen, empty ones as well; of more, those that have keys. */
#define ALWAYS_TOLD 16

static void write_databases(struct exposition *exposition, const struct server *server, const char *name,
                            const char *help, database_count count)
{
    unsigned databases = (unsigned)SETTING(server->settings, databases);
    exposition_family(exposition, name, METRIC_GAUGE, help);
    for (unsigned db = 0; db < databases && db < ALWAYS_TOLD; db++)
        write_database(exposition, name, db, count(server->keyspace, db));
    DATABASE_SET_EACH(keyspace_used_databases(server->keyspace), db)
    {
        if (db < ALWAYS_TOLD || keyspace_len(server->keyspace, db) == 0) continue;
        write_database(exposition, name, db, count(server->keyspace, db));
    }
}

/* "keys=4,expires=1,avg_ttl=95867,subexpiry=0" */
static bool read_average_ttl(struct slice value, double *ttl_ms)
{
    static const char name[] = "avg_ttl=";
    char text[160];
    slice_to_cstr(value, text, sizeof(text));
    const char *at = strstr(text, name);
    if (at == NULL) return false;
    at += strlen(name);
    return number_parse_double(slice_of(at, strcspn(at, ",")), ttl_ms);
}

static bool is_database(struct slice name)
{
    return name.len > 2 && memcmp(name.data, "db", 2) == 0 && name.data[2] >= '0' && name.data[2] <= '9';
}

static void write_average_ttls(struct exposition *exposition, const struct figures *figures)
{
    static const char name[] = "redis_db_avg_ttl_seconds";
    double ttl_ms;
    exposition_family(exposition, name, METRIC_GAUGE, "What keys with a deadline have left, on average.");
    for (size_t i = 0; i < figures->len; i++) {
        const struct figure *figure = &figures->items[i];
        if (!is_database(figure->name) || !read_average_ttl(figure->value, &ttl_ms)) continue;
        exposition_begin(exposition, name, "");
        exposition_label(exposition, "db", figure->name);
        exposition_double(exposition, ttl_ms / 1000);
    }
}

static void write_keyspace(struct exposition *exposition, const struct server *server,
                           const struct figures *figures)
{
    write_databases(exposition, server, "redis_db_keys", "Keys of each database.", keyspace_len);
    write_databases(exposition, server, "redis_db_keys_expiring", "Those of them with a deadline.",
                    keyspace_deadlines);
    write_average_ttls(exposition, figures);
}

static void write_error(void *context, const char *kind, uint64_t count)
{
    struct exposition *exposition = context;
    exposition_begin(exposition, "redis_errors_total", "");
    exposition_label(exposition, "err", slice_of_cstr(kind));
    exposition_u64(exposition, count);
}

static void write_errors(struct exposition *exposition, const struct server *server)
{
    exposition_family(exposition, "redis_errors_total", METRIC_COUNTER, "Error replies by their first word.");
    errorstats_each(server->errorstats, write_error, exposition);
}

static void keep_latest(void *context, const struct slowlog_entry *entry)
{
    struct slowlog_entry *latest = context;
    latest->id = entry->id;
    latest->duration_us = entry->duration_us;
}

static void write_slowlog(struct exposition *exposition, const struct server *server)
{
    struct slowlog_entry latest = { 0 };
    slowlog_each(server->slowlog, 1, keep_latest, &latest);
    write_single(exposition, "redis_slowlog_length", "Commands in the slow log.",
                 (double)slowlog_len(server->slowlog));
    write_single(exposition, "redis_slowlog_last_id", "The number of the latest of them.", (double)latest.id);
    write_single(exposition, "redis_last_slow_execution_duration_seconds", "How long that took.",
                 (double)latest.duration_us / 1e6);
}

struct spikes {
    struct exposition *exposition;
    const char *name;
    bool tells_when;
};

static void write_spike(void *context, const struct latency_event *event)
{
    const struct spikes *spikes = context;
    const struct latency_sample *last = &event->samples[event->len - 1];
    exposition_begin(spikes->exposition, spikes->name, "");
    exposition_label(spikes->exposition, "event_name", slice_of_cstr(event->name));
    exposition_double(spikes->exposition,
                      spikes->tells_when ? (double)last->time_s : (double)last->ms / 1000);
}

static void write_spikes(struct exposition *exposition, const struct server *server)
{
    struct spikes spikes = { exposition, "redis_latency_spike_last", true };
    exposition_family(exposition, spikes.name, METRIC_GAUGE, "When something took long, of each event.");
    latency_monitor_each(server->latency, write_spike, &spikes);
    spikes = (struct spikes){ exposition, "redis_latency_spike_duration_seconds", false };
    exposition_family(exposition, spikes.name, METRIC_GAUGE, "How long that was.");
    latency_monitor_each(server->latency, write_spike, &spikes);
}

void metrics_write(const struct metrics_request *request, struct buffer *out)
{
    struct server *server = request->session->loop->server;
    struct exposition exposition = { .out = out, .is_openmetrics = request->is_openmetrics };
    struct figures figures = { 0 };
    figures_read(&figures, server);
    write_instance(&exposition, &figures, server);
    write_table(&exposition, &figures);
    write_keyspace(&exposition, server, &figures);
    write_errors(&exposition, server);
    if (request->parts & STATS_SLOWLOG) write_slowlog(&exposition, server);
    write_spikes(&exposition, server);
    metrics_write_commands(&exposition, server);
    metrics_write_own(&exposition, server, &figures);
    if (request->parts & STATS_TOP) metrics_write_prefixes(&exposition, request->session);
    figures_clear(&figures);
    exposition_end(&exposition);
}
