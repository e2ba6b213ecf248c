/*
 * tier - what the near cache costs and what it saves, beside the Redis behind it.
 *
 * One thread of ours, alone and in front of a redis-server; twemproxy, which passes commands on and keeps
 * nothing, if it is installed; and a relay that does not even look at them. Rows are medians over rounds in
 * which all servers take turns.
 *
 * Exit status 1 when a server replied an error, a hit was none, or, with --strict, a limit is not kept.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/kit/load/preload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "bench/tier/tier.h"
#include "proto/base/alloc.h"
#include "tests/support/tcp_proxy.h"

#define REDIS_ARGS "--bind,127.0.0.1,--save,,--appendonly,no"

struct settings {
    bool quick, strict, no_json;
    uint64_t rounds;
    double seconds;
    const char *redis, *nuthatch, *json;
};

static const char *const names[SERVERS] = { "redis", "alone", "nuthatch", "twemproxy", "relay" };

static void parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "quick", OPTION_FLAG, &settings->quick, NULL, "3 rounds of 0.5 s" },
        { "rounds", OPTION_COUNT, &settings->rounds, "N", "how often each is measured (5)" },
        { "seconds", OPTION_REAL, &settings->seconds, "S", "for how long each time (1)" },
        { "redis", OPTION_TEXT, &settings->redis, "SPEC", "path[,argument...] (redis-server)" },
        { "nuthatch", OPTION_TEXT, &settings->nuthatch, "PATH", "(that of this build)" },
        { "strict", OPTION_FLAG, &settings->strict, NULL, "a limit that is not kept is exit status 1" },
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-tier.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->rounds == 0) settings->rounds = settings->quick ? 3 : 5;
    if (settings->rounds > SAMPLES_MAX) program_fail("at most %d rounds", SAMPLES_MAX);
    if (settings->seconds <= 0) settings->seconds = settings->quick ? 0.5 : 1;
}

static int port_of(const struct server *server)
{
    const struct sockaddr_in *address = (const struct sockaddr_in *)&server->address.socket;
    return ntohs(address->sin_port);
}

static void start_nuthatch(struct server *server, const char *name, const char *path, int upstream_port)
{
    char args[128] = "--bind,127.0.0.1,--threads,1";
    if (upstream_port > 0) {
        snprintf(args, sizeof args, "--bind,127.0.0.1,--threads,1,--upstream,redis://127.0.0.1:%d",
                 upstream_port);
    }
    server_init(server, name, path, args);
    server_start(server, SERVER_ANY_CORE);
}

/* Its address stands in a file, which a shell writes once the port is known, and which nobody has to remove.
 */
static void start_twemproxy(struct tier_bench *bench)
{
    char args[512];
    bench->has_twemproxy = system("command -v nutcracker >/dev/null 2>&1") == 0;
    if (!bench->has_twemproxy) {
        fprintf(stderr, "twemproxy is not measured: apt-get install nutcracker\n");
        return;
    }
    snprintf(args, sizeof args,
             "-c,f=$(mktemp); printf 'it:\\n  listen: 127.0.0.1:{port}\\n  redis: true\\n  servers:\\n"
             "   - 127.0.0.1:%d:1\\n' >$f; exec 3<$f; rm $f; exec nutcracker -c /dev/fd/3 -s %u -a 127.0.0.1 "
             "-v 0 2>/dev/null",
             port_of(&bench->servers[SERVER_UPSTREAM]), address_free_port());
    server_init(&bench->servers[SERVER_TWEMPROXY], names[SERVER_TWEMPROXY], "sh", args);
    server_start(&bench->servers[SERVER_TWEMPROXY], SERVER_ANY_CORE);
}

static void start_relay(struct tier_bench *bench)
{
    char path[PATH_MAX], args[64];
    program_neighbour("relay", path, sizeof path);
    snprintf(args, sizeof args, "--to,%d", port_of(&bench->servers[SERVER_UPSTREAM]));
    server_init(&bench->servers[SERVER_RELAY], names[SERVER_RELAY], path, args);
    server_start(&bench->servers[SERVER_RELAY], SERVER_ANY_CORE);
}

static void start_all(struct tier_bench *bench, const struct settings *settings)
{
    char neighbour[PATH_MAX];
    struct server *upstream = &bench->servers[SERVER_UPSTREAM];
    program_neighbour("../nuthatch", neighbour, sizeof neighbour);
    const char *path = settings->nuthatch != NULL ? settings->nuthatch : neighbour;
    server_init(upstream, names[SERVER_UPSTREAM], settings->redis != NULL ? settings->redis : "redis-server",
                REDIS_ARGS);
    server_start(upstream, SERVER_ANY_CORE);
    preload_keys(&upstream->address, TIER_KEYS, TIER_VALUE_BYTES, false);
    start_nuthatch(&bench->servers[SERVER_STANDALONE], names[SERVER_STANDALONE], path, 0);
    start_nuthatch(&bench->servers[SERVER_TIER], names[SERVER_TIER], path, port_of(upstream));
    bench->distance = tcp_proxy_start(port_of(upstream));
    tcp_proxy_delay(bench->distance, TIER_DISTANCE_US);
    start_nuthatch(&bench->far_tier, "far", path, tcp_proxy_port(bench->distance));
    start_twemproxy(bench);
    start_relay(bench);
    /* The links come up. */
    usleep(300000);
}

static void stop_all(struct tier_bench *bench)
{
    server_stop(&bench->far_tier);
    tcp_proxy_stop(&bench->distance);
    for (int i = SERVERS - 1; i >= 0; i--) server_stop(&bench->servers[i]);
}

static void add_number(struct table *table, double number)
{
    table_add(table, number >= 1000 ? "%.0f" : number >= 100 ? "%.1f" : "%.3f", number);
}

static void print(const struct tier_bench *bench)
{
    struct table *table = ALLOC_NEW(struct table);
    table->columns = SERVERS + 6;
    table_add(table, "case");
    table_add(table, "unit");
    for (int i = 0; i < SERVERS; i++) table_add(table, "%s", names[i]);
    table_add(table, "figure");
    table_add(table, "is");
    table_add(table, "limit");
    table_add(table, " ");
    for (size_t i = 0; i < bench->len; i++) {
        const struct tier_row *row = &bench->rows[i];
        table_add(table, "%s", row->name);
        table_add(table, "%s", row->unit);
        for (int s = 0; s < SERVERS; s++) {
            if (row->samples[s].len == 0) {
                table_add(table, "-");
            } else {
                add_number(table, samples_median(&row->samples[s]));
            }
        }
        table_add(table, "%s", row->figure);
        add_number(table, tier_figure(row));
        table_add(table, "%s %g", row->at_least ? ">=" : "<=", row->limit);
        table_add(table, "%s", tier_row_is_fine(row) ? " " : "missed");
    }
    table_print(table);
    alloc_free(table);
}

static void report_row(struct report *report, const struct tier_row *row)
{
    fputs("\n", report->file);
    report_begin(report, NULL, '{');
    report_text(report, "case", row->name);
    report_text(report, "unit", row->unit);
    for (int s = 0; s < SERVERS; s++) {
        const struct samples *samples = &row->samples[s];
        if (samples->len > 0) report_numbers(report, names[s], samples->values, samples->len);
    }
    report_text(report, "figure", row->figure);
    report_number(report, "is", tier_figure(row));
    report_number(report, "limit", row->limit);
    report_text(report, "kept", tier_row_is_fine(row) ? "yes" : "no");
    report_end(report, '}');
}

static void write_report(const struct tier_bench *bench, const char *path)
{
    struct report report;
    report_open(&report, path, "tier");
    report_begin(&report, "settings", '{');
    report_number(&report, "rounds", (double)bench->rounds);
    report_number(&report, "seconds", bench->seconds);
    report_number(&report, "clients", TIER_CLIENTS);
    report_number(&report, "value_bytes", TIER_VALUE_BYTES);
    report_end(&report, '}');
    report_begin(&report, "results", '[');
    for (size_t i = 0; i < bench->len; i++) report_row(&report, &bench->rows[i]);
    report_end(&report, ']');
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}

int main(int argc, char **argv)
{
    struct settings settings = { 0 };
    struct tier_bench *bench = ALLOC_NEW(struct tier_bench);
    parse(argc, argv, &settings);
    bench->rounds = settings.rounds;
    bench->seconds = settings.seconds;
    start_all(bench, &settings);
    tier_hits(bench);
    tier_misses_and_writes(bench);
    tier_distance(bench);
    tier_hashes(bench);
    stop_all(bench);
    print(bench);
    if (!settings.no_json) write_report(bench, settings.json);
    bool failed = bench->failed;
    for (size_t i = 0; settings.strict && i < bench->len; i++) {
        failed = failed || !tier_row_is_fine(&bench->rows[i]);
    }
    alloc_free(bench);
    return failed ? PROGRAM_FAILED : EXIT_SUCCESS;
}
