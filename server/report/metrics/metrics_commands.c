#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "proto/base/number.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "server/exec/command/table.h"
#include "server/observe/histogram.h"
#include "server/report/info.h"
#include "server/report/metrics/exposition.h"
#include "server/report/metrics/metrics_parts.h"

#define NAME_MAX_LEN 64

/* A line of commandstats. */
struct called {
    char name[NAME_MAX_LEN];
    uint64_t calls, usec, rejected, failed;
};

struct calls {
    struct called *items;
    size_t len, cap;
};

/* What an upstream knows besides may have a name that is here as well: a sample is told once. */
static struct called *find_or_add(struct calls *calls, struct slice name)
{
    char text[NAME_MAX_LEN];
    slice_to_cstr(name, text, sizeof(text));
    for (size_t i = 0; i < calls->len; i++)
        if (strcmp(calls->items[i].name, text) == 0) return &calls->items[i];
    ARRAY_RESERVE(calls->items, calls->len, calls->cap, 64);
    struct called *called = &calls->items[calls->len++];
    *called = (struct called){ .calls = 0 };
    memcpy(called->name, text, sizeof(text));
    return called;
}

/* "cmdstat_get:calls=1,usec=5,usec_per_call=5.00,rejected_calls=0,failed_calls=0" */
static void read_line(struct calls *calls, char *line)
{
    static const char prefix[] = "cmdstat_";
    unsigned long long numbers[4];
    char *colon = strchr(line, ':');
    if (strncmp(line, prefix, strlen(prefix)) != 0 || colon == NULL) return;
    int read = sscanf(colon, ":calls=%llu,usec=%llu,usec_per_call=%*f,rejected_calls=%llu,failed_calls=%llu",
                      &numbers[0], &numbers[1], &numbers[2], &numbers[3]);
    if (read != 4) return;
    const char *name = line + strlen(prefix);
    struct called *called = find_or_add(calls, slice_of(name, (size_t)(colon - name)));
    called->calls += numbers[0];
    called->usec += numbers[1];
    called->rejected += numbers[2];
    called->failed += numbers[3];
}

/* Each line that INFO wrote, terminated. */
static void each_line(struct buffer *text, void (*visit)(void *context, char *line), void *context)
{
    buffer_append(text, "", 1);
    char *rest = text->data;
    for (char *line = strtok_r(rest, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\r\n", &rest))
        visit(context, line);
}

static void read_call(void *context, char *line)
{
    read_line(context, line);
}

static void read_calls(struct calls *calls, struct server *server)
{
    struct buffer text = { 0 };
    info_commandstats(server, &text);
    each_line(&text, read_call, calls);
    buffer_clear(&text);
}

static void begin(struct exposition *exposition, const char *name, const char *suffix, const char *command)
{
    exposition_begin(exposition, name, suffix);
    exposition_label(exposition, "cmd", slice_of_cstr(command));
}

/* One of the four figures of each. */
static void write_family(struct exposition *exposition, const struct calls *calls, const char *name,
                         const char *help, size_t at)
{
    exposition_family(exposition, name, METRIC_COUNTER, help);
    for (size_t i = 0; i < calls->len; i++) {
        begin(exposition, name, "", calls->items[i].name);
        exposition_u64(exposition, *(const uint64_t *)(const void *)((const char *)&calls->items[i] + at));
    }
}

static void write_durations(struct exposition *exposition, const struct calls *calls)
{
    static const char name[] = "redis_commands_duration_seconds_total";
    exposition_family(exposition, name, METRIC_COUNTER, "Time spent in each command.");
    for (size_t i = 0; i < calls->len; i++) {
        begin(exposition, name, "", calls->items[i].name);
        exposition_double(exposition, (double)calls->items[i].usec / 1e6);
    }
}

struct percentiles {
    struct exposition *exposition;
    struct calls *calls;
    enum { QUANTILES, SUMS, COUNTS } part;
};

static const char percentiles_name[] = "redis_latency_percentiles_usec";

/* "p50=1.003,p99=4.015,p99.9=5.023" */
static void write_quantiles(struct exposition *exposition, const char *command, char *list)
{
    char *rest = list;
    for (char *pair = strtok_r(rest, ",", &rest); pair != NULL; pair = strtok_r(NULL, ",", &rest)) {
        char *sign = strchr(pair, '=');
        if (pair[0] != 'p' || sign == NULL) continue;
        begin(exposition, percentiles_name, "", command);
        exposition_label(exposition, "quantile", slice_of(pair + 1, (size_t)(sign - pair - 1)));
        exposition_text(exposition, slice_of_cstr(sign + 1));
    }
}

static void write_percentiles(void *context, char *line)
{
    static const char prefix[] = "latency_percentiles_usec_";
    const struct percentiles *percentiles = context;
    char *colon = strchr(line, ':');
    if (strncmp(line, prefix, strlen(prefix)) != 0 || colon == NULL) return;
    *colon = '\0';
    const char *command = line + strlen(prefix);
    const struct called *called = find_or_add(percentiles->calls, slice_of_cstr(command));
    struct exposition *exposition = percentiles->exposition;
    if (percentiles->part == QUANTILES) write_quantiles(exposition, command, colon + 1);
    if (percentiles->part == SUMS || (percentiles->part == QUANTILES && !exposition->is_openmetrics)) {
        begin(exposition, percentiles_name, "_sum", command);
        exposition_u64(exposition, called->usec);
    }
    if (percentiles->part == COUNTS || (percentiles->part == QUANTILES && !exposition->is_openmetrics)) {
        begin(exposition, percentiles_name, "_count", command);
        exposition_u64(exposition, called->calls);
    }
}

static void write_percentiles_part(struct percentiles percentiles, const struct buffer *text)
{
    struct buffer copy = { 0 };
    buffer_append(&copy, text->data, text->len);
    each_line(&copy, write_percentiles, &percentiles);
    buffer_clear(&copy);
}

/* The exporter's quantiles are percentages, which OpenMetrics does not allow a summary: there they are three
 * families, under the same names. */
static void write_summary(struct exposition *exposition, struct server *server, struct calls *calls)
{
    static const char help[] = "Percentiles of how long commands took.";
    struct buffer text = { 0 };
    struct percentiles percentiles = { exposition, calls, QUANTILES };
    info_latencystats(server, &text);
    exposition_family(exposition, percentiles_name,
                      exposition->is_openmetrics ? METRIC_UNKNOWN : METRIC_SUMMARY, help);
    write_percentiles_part(percentiles, &text);
    if (exposition->is_openmetrics) {
        exposition_family(exposition, "redis_latency_percentiles_usec_sum", METRIC_UNKNOWN, help);
        percentiles.part = SUMS;
        write_percentiles_part(percentiles, &text);
        exposition_family(exposition, "redis_latency_percentiles_usec_count", METRIC_UNKNOWN, help);
        percentiles.part = COUNTS;
        write_percentiles_part(percentiles, &text);
    }
    buffer_clear(&text);
}

/* Limits that are borders of the histogram's own buckets: 1.024 us, and four times the one before. */
#define FIRST_LIMIT_NS 1024
#define LIMITS         11

static void write_buckets(struct exposition *exposition, const char *command,
                          const struct histogram *histogram)
{
    static const char name[] = "redis_commands_latencies_usec";
    uint64_t seen = 0, limit_ns = FIRST_LIMIT_NS;
    size_t bucket = 0;
    for (int i = 0; i < LIMITS; i++, limit_ns *= 4) {
        char digits[NUMBER_DOUBLE_MAX];
        while (bucket < HISTOGRAM_BUCKETS && histogram_bucket_top_ns(bucket) < limit_ns)
            seen += atomic_load_explicit(&histogram->counts[bucket++], memory_order_relaxed);
        begin(exposition, name, "_bucket", command);
        exposition_label(exposition, "le",
                         slice_of(digits, number_format_double(digits, (double)limit_ns / 1000)));
        exposition_u64(exposition, seen);
    }
    begin(exposition, name, "_bucket", command);
    exposition_label(exposition, "le", SLICE("+Inf"));
    exposition_u64(exposition, histogram_total(histogram));
}

static void write_histograms(struct exposition *exposition, const struct server *server)
{
    static const char name[] = "redis_commands_latencies_usec";
    struct histogram latency;
    exposition_family(exposition, name, METRIC_HISTOGRAM, "How long commands took.");
    for (unsigned id = 0; id < command_table_ids(server->commands); id++) {
        struct command_totals totals = totals_of_command(server, id);
        if (totals.calls == 0) continue;
        memset(&latency, 0, sizeof(latency));
        totals_of_latency(server, id, &latency);
        uint64_t total = histogram_total(&latency), total_us = totals.ns / 1000;
        const char *command = command_table_by_id(server->commands, id)->full_name;
        if (total == 0) continue;
        write_buckets(exposition, command, &latency);
        begin(exposition, name, "_sum", command);
        exposition_double(exposition, (double)total_us);
        begin(exposition, name, "_count", command);
        exposition_u64(exposition, total);
    }
}

void metrics_write_commands(struct exposition *exposition, struct server *server)
{
    struct calls calls = { 0 };
    read_calls(&calls, server);
    write_family(exposition, &calls, "redis_commands_total", "Calls of each command.",
                 offsetof(struct called, calls));
    write_durations(exposition, &calls);
    write_family(exposition, &calls, "redis_commands_rejected_calls_total", "Calls refused before they ran.",
                 offsetof(struct called, rejected));
    write_family(exposition, &calls, "redis_commands_failed_calls_total", "Calls that replied an error.",
                 offsetof(struct called, failed));
    write_summary(exposition, server, &calls);
    write_histograms(exposition, server);
    alloc_free(calls.items);
}
