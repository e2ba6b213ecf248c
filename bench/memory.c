/*
 * memory - what an entry costs beyond its key and its value.
 *
 * For every server, value size, and with and without deadlines, and of Nuthatch with grace and with three
 * tags besides: start it afresh, set N keys, and divide what its resident memory grew by. That counts
 * everything: headers, table, size classes, fragments, page tails.
 *
 * Exit status 1 when Nuthatch is above its --limits.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/load/preload.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "proto/base/alloc.h"

#define SIZES_MAX   16
#define SERVER_CORE 0
#define CLIENT_CORE 1

/* Enough for a server to make its buffers and tables; too few to matter. */
#define SETTLING_KEYS 4000

struct settings {
    uint64_t keys;
    const char *values, *limits, *json;
    bool no_json;
    struct peers_options peers;
};

enum kind { PLAIN, DATED, GRACED, TAGGED, KINDS };
static const char *const kind_names[KINDS] = { "no", "yes", "and grace", "and 3 tags" };

/* Overheads in bytes per entry. */
struct measurement {
    struct settings settings;
    struct peers peers;
    uint64_t sizes[SIZES_MAX];
    size_t sizes_len;
    double overhead[PEERS_MAX][KINDS][SIZES_MAX];
};

static void parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "keys", OPTION_COUNT, &settings->keys, "N", "entries of 16-byte keys (2m)" },
        { "values", OPTION_TEXT, &settings->values, "LIST", "bytes of values (8,32,128,512)" },
        PEERS_OPTIONS(&settings->peers),
        { "limits", OPTION_TEXT, &settings->limits, "LIST",
          "bytes for each of the values: above is status 1" },
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-memory.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->keys == 0) program_fail("--keys must be above 0");
}

static bool has_kind(const struct server *server, enum kind kind)
{
    return kind < GRACED || strcmp(server->name, "nuthatch") == 0;
}

/* The keys are those of preload_keys(). */
static void fill(const struct server *server, uint64_t keys, uint64_t value_bytes, enum kind kind)
{
    static const char *const ends[KINDS] = {
        [GRACED] = "GRACE 60000", [TAGGED] = "TAGS 3 user:{+10000000} list:{100} site"
    };
    char request[160];
    if (kind < GRACED) {
        preload_keys(&server->address, keys, value_bytes, kind == DATED);
        return;
    }
    snprintf(request, sizeof request, "CACHE SET key:00000{+10000000} {=%" PRIu64 "} EX 10000 %s",
             value_bytes, ends[kind]);
    preload_requests(&server->address, request, keys);
}

static double measure(struct server *server, uint64_t keys, uint64_t value_bytes, enum kind kind)
{
    if (!has_kind(server, kind)) return 0;
    server_start(server, SERVER_CORE);
    fill(server, SETTLING_KEYS, value_bytes, kind);
    uint64_t before = server_rss_bytes(server);
    fill(server, SETTLING_KEYS + keys, value_bytes, kind);
    uint64_t after = server_rss_bytes(server);
    server_stop(server);
    return ((double)after - (double)before) / (double)keys - (double)value_bytes - WORKLOAD_KEY_BYTES;
}

static void measure_all(struct measurement *measurement)
{
    for (size_t size = 0; size < measurement->sizes_len; size++) {
        for (size_t peer = 0; peer < measurement->peers.len; peer++) {
            struct server *server = &measurement->peers.items[peer];
            fprintf(stderr, "%s, values of %" PRIu64 " bytes\n", server->name, measurement->sizes[size]);
            for (enum kind kind = PLAIN; kind < KINDS; kind++)
                measurement->overhead[peer][kind][size] =
                    measure(server, measurement->settings.keys, measurement->sizes[size], kind);
        }
    }
}

static void print(const struct measurement *measurement)
{
    struct table *table = ALLOC_NEW(struct table);
    table->columns = 2 + measurement->sizes_len;
    table_add(table, "bytes above key and value");
    table_add(table, "TTL");
    for (size_t size = 0; size < measurement->sizes_len; size++)
        table_add(table, "value %" PRIu64, measurement->sizes[size]);
    for (enum kind kind = PLAIN; kind < KINDS; kind++) {
        for (size_t peer = 0; peer < measurement->peers.len; peer++) {
            if (!has_kind(&measurement->peers.items[peer], kind)) continue;
            table_add(table, "%s", measurement->peers.items[peer].name);
            table_add(table, "%s", kind_names[kind]);
            for (size_t size = 0; size < measurement->sizes_len; size++)
                table_add(table, "%.1f", measurement->overhead[peer][kind][size]);
        }
    }
    table_print(table);
    alloc_free(table);
}

/* Nuthatch, which stands after redis, against the limits, which hold without deadlines. */
static bool is_above_limits(const struct measurement *measurement)
{
    uint64_t limits[SIZES_MAX];
    if (measurement->settings.limits == NULL) return false;
    size_t len = options_split_counts(measurement->settings.limits, limits, SIZES_MAX);
    bool above = false;
    for (size_t size = 0; size < len && size < measurement->sizes_len; size++) {
        double overhead = measurement->overhead[1][PLAIN][size];
        if (overhead <= (double)limits[size]) continue;
        printf("value %" PRIu64 ": %.1f bytes are above %" PRIu64 "\n", measurement->sizes[size], overhead,
               limits[size]);
        above = true;
    }
    return above;
}

static void write_overheads(struct report *report, const struct server *server,
                            const double overhead[KINDS][SIZES_MAX], size_t size)
{
    static const char *const names[KINDS] = { "overhead_bytes", "overhead_bytes_ttl", "overhead_bytes_grace",
                                              "overhead_bytes_tags" };
    for (enum kind kind = PLAIN; kind < KINDS; kind++)
        if (has_kind(server, kind)) report_number(report, names[kind], overhead[kind][size]);
}

static void write_report(const struct measurement *measurement)
{
    struct report report;
    report_open(&report, measurement->settings.json, "memory");
    report_number(&report, "keys", (double)measurement->settings.keys);
    report_number(&report, "key_bytes", WORKLOAD_KEY_BYTES);
    report_begin(&report, "results", '[');
    for (size_t peer = 0; peer < measurement->peers.len; peer++) {
        for (size_t size = 0; size < measurement->sizes_len; size++) {
            fputs("\n", report.file);
            report_begin(&report, NULL, '{');
            report_text(&report, "server", measurement->peers.items[peer].name);
            report_number(&report, "value_bytes", (double)measurement->sizes[size]);
            write_overheads(&report, &measurement->peers.items[peer], measurement->overhead[peer], size);
            report_end(&report, '}');
        }
    }
    report_end(&report, ']');
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}

int main(int argc, char **argv)
{
    struct measurement *measurement = ALLOC_NEW(struct measurement);
    struct settings *settings = &measurement->settings;
    *settings = (struct settings){ .keys = 2000000, .values = "8,32,128,512" };
    parse(argc, argv, settings);
    measurement->sizes_len = options_split_counts(settings->values, measurement->sizes, SIZES_MAX);
    peers_init(&measurement->peers, &settings->peers);
    program_pin(CLIENT_CORE);

    measure_all(measurement);
    print(measurement);
    if (!settings->no_json) write_report(measurement);
    bool above = is_above_limits(measurement);
    alloc_free(measurement);
    return above ? PROGRAM_FAILED : EXIT_SUCCESS;
}
