/*
 * fill - what the table takes for each entry, at one number of entries after the other.
 *
 * A table that doubles costs least just before it does and most right after; that sawtooth does not show at
 * any single number of keys, as in bench/memory. So each server is filled once, and stops at numbers that
 * grow by the same factor; what its table takes by its own account (MEMORY STATS, overhead.hashtable.main),
 * by the number of entries, is printed for each. redis-server counts the 16 bytes before each value in.
 *
 * Exit status 1 when Nuthatch is above --at-most anywhere.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/kit/load/preload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "proto/base/alloc.h"

#define POINTS_MAX  100
#define SERVER_CORE 0
#define CLIENT_CORE 1
#define NUTHATCH    1 /* its place among the peers */

struct settings {
    uint64_t from, to, points, value;
    double at_most;
    const char *json;
    bool no_json;
    struct peers_options peers;
};

struct fill {
    struct settings settings;
    struct peers peers;
    uint64_t keys[POINTS_MAX];
    double bytes[PEERS_MAX][POINTS_MAX]; /* for each entry */
};

static void parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "from", OPTION_COUNT, &settings->from, "N", "entries at the first point (100k)" },
        { "to", OPTION_COUNT, &settings->to, "N", "entries at the last (10m)" },
        { "points", OPTION_COUNT, &settings->points, "N", "how many, each the same factor further (25)" },
        { "value", OPTION_COUNT, &settings->value, "N", "bytes of a value (32)" },
        PEERS_OPTIONS(&settings->peers),
        { "at-most", OPTION_REAL, &settings->at_most, "BYTES", "above is exit status 1" },
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-fill.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->points < 2 || settings->points > POINTS_MAX)
        program_fail("--points is from 2 to %d", POINTS_MAX);
    if (settings->from == 0 || settings->to <= settings->from) program_fail("--to must be above --from");
    if (settings->peers.floor) program_fail("a server that stores nothing has no table");
}

static void choose_keys(struct fill *fill)
{
    const struct settings *settings = &fill->settings;
    double factor = (double)settings->to / (double)settings->from;
    for (uint64_t i = 0; i < settings->points; i++) {
        double share = (double)i / (double)(settings->points - 1);
        fill->keys[i] = (uint64_t)llround((double)settings->from * pow(factor, share));
    }
}

static void measure(struct fill *fill, struct server *server, double *bytes)
{
    uint64_t keys = 0;
    fprintf(stderr, "%s\n", server->name);
    server_start(server, SERVER_CORE);
    for (uint64_t i = 0; i < fill->settings.points; i++) {
        preload_range(&server->address, keys, fill->keys[i] - keys, fill->settings.value);
        keys = fill->keys[i];
        bytes[i] = (double)info_table_bytes(&server->address) / (double)keys;
    }
    server_stop(server);
}

static double extreme(const struct fill *fill, size_t peer, bool largest)
{
    double found = fill->bytes[peer][0];
    for (uint64_t i = 1; i < fill->settings.points; i++) {
        double bytes = fill->bytes[peer][i];
        if (largest ? bytes > found : bytes < found) found = bytes;
    }
    return found;
}

static void print(const struct fill *fill)
{
    struct table *table = ALLOC_NEW(struct table);
    size_t peers = fill->peers.len;
    table->columns = 1 + peers;
    table_add(table, "entries");
    for (size_t peer = 0; peer < peers; peer++) table_add(table, "%s", fill->peers.items[peer].name);
    for (uint64_t i = 0; i < fill->settings.points; i++) {
        table_add(table, "%" PRIu64, fill->keys[i]);
        for (size_t peer = 0; peer < peers; peer++) table_add(table, "%.2f", fill->bytes[peer][i]);
    }
    for (int largest = 0; largest < 2; largest++) {
        table_add(table, largest ? "most" : "least");
        for (size_t peer = 0; peer < peers; peer++) table_add(table, "%.2f", extreme(fill, peer, largest));
    }
    table_print(table);
    alloc_free(table);
}

static void write_report(const struct fill *fill)
{
    struct report report;
    report_open(&report, fill->settings.json, "fill");
    report_number(&report, "value_bytes", (double)fill->settings.value);
    report_begin(&report, "results", '[');
    for (uint64_t i = 0; i < fill->settings.points; i++) {
        fputs("\n", report.file);
        report_begin(&report, NULL, '{');
        report_number(&report, "entries", (double)fill->keys[i]);
        for (size_t peer = 0; peer < fill->peers.len; peer++)
            report_number(&report, fill->peers.items[peer].name, fill->bytes[peer][i]);
        report_end(&report, '}');
    }
    report_end(&report, ']');
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}

int main(int argc, char **argv)
{
    struct fill *fill = ALLOC_NEW(struct fill);
    struct settings *settings = &fill->settings;
    *settings = (struct settings){ .from = 100000, .to = 10000000, .points = 25, .value = 32 };
    parse(argc, argv, settings);
    choose_keys(fill);
    peers_init(&fill->peers, &settings->peers);
    program_pin(CLIENT_CORE);

    for (size_t peer = 0; peer < fill->peers.len; peer++)
        measure(fill, &fill->peers.items[peer], fill->bytes[peer]);
    print(fill);
    if (!settings->no_json) write_report(fill);
    bool above = settings->at_most > 0 && extreme(fill, NUTHATCH, true) > settings->at_most;
    alloc_free(fill);
    return above ? PROGRAM_FAILED : EXIT_SUCCESS;
}
