/*
 * expiry - what keys with deadlines cost, and whether their memory comes back.
 *
 * - A million keys whose TTLs are spread over five seconds: the part of what resident memory grew by that is
 *   still held ten seconds after the load, and CPU time per expired key. An idle server's CPU time is taken
 * off.
 * - Ten million keys with TTLs of a day and more: CPU time while nobody asks for anything.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "proto/base/alloc.h"

#define SERVER_CORE   0
#define CLIENT_CORE   1
#define VALUE_BYTES   32
#define SPREAD_MS     5000
#define LEAST_MS      4000 /* so that loading is over when the first of them expires */
#define AFTER_S       10
#define IDLE_S        5
#define SETTLING_KEYS 1000
#define LONG_KEYS     10 /* of --keys, so many keys with long TTLs */

struct settings {
    struct peers_options peers;
    const char *json;
    uint64_t keys;
    bool no_json;
};

struct outcome {
    double held_percent;
    double us_per_key;
    double idle_percent; /* of a core, with keys that expire later */
};

struct expiry {
    struct settings settings;
    struct peers peers;
    struct outcome outcomes[PEERS_MAX];
};

static double cpu_us_of_seconds(const struct server *server, unsigned seconds)
{
    uint64_t before_ns = server_cpu_ns(server);
    sleep(seconds);
    return (double)(server_cpu_ns(server) - before_ns) / 1e3;
}

static void measure_spread(struct server *server, uint64_t keys, struct outcome *outcome)
{
    server_start(server, SERVER_CORE);
    preload_keys(&server->address, SETTLING_KEYS, VALUE_BYTES, false);
    double idle_us = cpu_us_of_seconds(server, AFTER_S / 2) * 2;
    uint64_t before = server_rss_bytes(server);
    preload_dated(&server->address, keys, "PX", LEAST_MS, SPREAD_MS);
    uint64_t grown = server_rss_bytes(server) - before;
    uint64_t early = info_number(&server->address, "expired_keys:");
    double spent_us = cpu_us_of_seconds(server, AFTER_S);
    uint64_t expired = info_number(&server->address, "expired_keys:") - early;
    double held = (double)server_rss_bytes(server) - (double)before;
    outcome->held_percent = 100 * held / (double)grown;
    outcome->us_per_key = (spent_us - idle_us) / (double)expired;
    server_stop(server);
}

static void measure_idle(struct server *server, uint64_t keys, struct outcome *outcome)
{
    server_start(server, SERVER_CORE);
    preload_dated(&server->address, keys, "PX", UINT64_C(86400000), UINT64_C(86400000));
    sleep(IDLE_S); /* what loading left to do */
    outcome->idle_percent = cpu_us_of_seconds(server, IDLE_S) / 1e6 / IDLE_S * 100;
    server_stop(server);
}

static void print(const struct expiry *expiry)
{
    struct table *table = ALLOC_NEW(struct table);
    table->columns = 4;
    table_add(table, "server");
    table_add(table, "held after %d s", AFTER_S);
    table_add(table, "CPU us/expired key");
    table_add(table, "%% of a core, idle");
    for (size_t i = 0; i < expiry->peers.len; i++) {
        table_add(table, "%s", expiry->peers.items[i].name);
        table_add(table, "%.1f %%", expiry->outcomes[i].held_percent);
        table_add(table, "%.3f", expiry->outcomes[i].us_per_key);
        table_add(table, "%.3f", expiry->outcomes[i].idle_percent);
    }
    table_print(table);
    alloc_free(table);
}

static void write_report(const struct expiry *expiry)
{
    struct report report;
    report_open(&report, expiry->settings.json, "expiry");
    report_number(&report, "keys", (double)expiry->settings.keys);
    report_begin(&report, "results", '[');
    for (size_t i = 0; i < expiry->peers.len; i++) {
        report_begin(&report, NULL, '{');
        report_text(&report, "server", expiry->peers.items[i].name);
        report_number(&report, "held_percent", expiry->outcomes[i].held_percent);
        report_number(&report, "us_per_key", expiry->outcomes[i].us_per_key);
        report_number(&report, "idle_percent", expiry->outcomes[i].idle_percent);
        report_end(&report, '}');
    }
    report_end(&report, ']');
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}

int main(int argc, char **argv)
{
    struct expiry *expiry = ALLOC_NEW(struct expiry);
    struct settings *settings = &expiry->settings;
    settings->keys = 1000000;
    const struct option options[] = {
        { "keys", OPTION_COUNT, &settings->keys, "N", "that expire; ten times as many that do not (1m)" },
        PEERS_OPTIONS(&settings->peers),
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-expiry.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->keys == 0) program_fail("--keys must be above 0");
    peers_init(&expiry->peers, &settings->peers);
    program_pin(CLIENT_CORE);
    for (size_t i = 0; i < expiry->peers.len; i++) {
        fprintf(stderr, "%s\n", expiry->peers.items[i].name);
        measure_spread(&expiry->peers.items[i], settings->keys, &expiry->outcomes[i]);
        measure_idle(&expiry->peers.items[i], LONG_KEYS * settings->keys, &expiry->outcomes[i]);
    }
    print(expiry);
    if (!settings->no_json) write_report(expiry);
    alloc_free(expiry);
    return EXIT_SUCCESS;
}
