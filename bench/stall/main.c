/*
 * stall - how long a client waits while the server has something large to do.
 *
 * A probe asks for a key 5,000 times a second, and its latency counts from when each request was due, while
 * another connection loads millions of keys, deletes them, empties the database, lets a million keys expire
 * in one millisecond, halves maxmemory, or invalidates cached values by tag and by pattern. Servers take
 * turns, each on a core of its own.
 *
 * A machine that does other work meanwhile shows that instead: run it in a quiet minute. What the machine
 * adds is told by two more measurements of the same run: the first case, in which nothing happens, and a
 * server that stores nothing (floor) under the same load as the others.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "bench/stall/cases.h"
#include "bench/stall/probe.h"
#include "proto/base/alloc.h"

#define SERVER_CORE 0
#define CLIENT_CORE 1

struct settings {
    struct peers_options peers;
    const char *only;
    const char *json;
    uint64_t keys;
    bool no_json;
};

struct stall {
    struct settings settings;
    struct peers peers;
    struct probe probe;
    struct table table;
    struct report report;
    double idle_ms[PEERS_MAX]; /* p99.9 of the first case, by server */
};

static double ms_of(const struct histogram *latency_ns, double share)
{
    return (double)histogram_percentile(latency_ns, share) / 1e6;
}

static void add_limit(struct stall *stall, const struct stall_case *kind, size_t peer, double p999_ms)
{
    double limit_ms = kind->limit_ms == STALL_AS_IDLE ? stall->idle_ms[peer] : kind->limit_ms;
    if (kind == stall_cases) stall->idle_ms[peer] = p999_ms;
    if (limit_ms == 0)
        table_add(&stall->table, "%s", "");
    else
        table_add(&stall->table, "%.2f%s", limit_ms, p999_ms > limit_ms ? " above" : "");
}

static void add_result(struct stall *stall, const struct stall_case *kind, size_t peer)
{
    const struct server *server = &stall->peers.items[peer];
    const struct histogram *latency_ns = &stall->probe.latency_ns;
    const double figures[] = { ms_of(latency_ns, 0.5), ms_of(latency_ns, 0.99), ms_of(latency_ns, 0.999),
                               (double)latency_ns->max / 1e6 };
    static const char *const names[] = { "p50_ms", "p99_ms", "p999_ms", "max_ms" };
    table_add(&stall->table, "%s, %" PRIu64 " keys", kind->name, kind->times * stall->settings.keys);
    table_add(&stall->table, "%s", server->name);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        table_add(&stall->table, "%.2f", figures[i]);
    add_limit(stall, kind, peer, figures[2]);
    if (stall->settings.no_json) return;
    report_begin(&stall->report, NULL, '{');
    report_text(&stall->report, "case", kind->name);
    report_text(&stall->report, "server", server->name);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        report_number(&stall->report, names[i], figures[i]);
    report_end(&stall->report, '}');
}

/* With as many loops as the case asks for. */
static struct server instance(const struct server *server, const struct stall_case *kind)
{
    struct server copy = *server;
    if (kind->loops == 0) return copy;
    size_t len = strlen(copy.args);
    snprintf(copy.args + len, sizeof copy.args - len, ",--threads,%u", kind->loops);
    return copy;
}

static void run(struct stall *stall, const struct stall_case *kind, size_t peer)
{
    struct server server = instance(&stall->peers.items[peer], kind);
    uint64_t keys = kind->times * stall->settings.keys;
    fprintf(stderr, "%s, %s\n", server.name, kind->name);
    server_start(&server, kind->loops > 0 ? SERVER_ANY_CORE : SERVER_CORE);
    /* The floor keeps nothing. */
    kind->prepare(&server.address, peer_is_floor(&server) ? 0 : keys);
    probe_start(&stall->probe, &server.address);
    kind->run(&server.address, keys);
    probe_stop(&stall->probe);
    server_stop(&server);
    add_result(stall, kind, peer);
}

static bool takes_part(const struct server *server, const struct stall_case *kind)
{
    return strncmp(kind->name, "CACHE", strlen("CACHE")) != 0 || strcmp(server->name, "nuthatch") == 0;
}

static void run_all(struct stall *stall)
{
    const char *only = stall->settings.only;
    for (const struct stall_case *kind = stall_cases; kind->name != NULL; kind++) {
        if (only != NULL && kind != stall_cases && strstr(kind->name, only) == NULL) continue;
        for (size_t peer = 0; peer < stall->peers.len; peer++)
            if (takes_part(&stall->peers.items[peer], kind)) run(stall, kind, peer);
    }
}

static void add_heads(struct table *table)
{
    static const char *const heads[] = {
        "while", "server", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "limit"
    };
    table->columns = sizeof heads / sizeof heads[0];
    for (size_t i = 0; i < table->columns; i++) table_add(table, "%s", heads[i]);
}

static void parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "keys", OPTION_COUNT, &settings->keys, "N", "what the numbers of keys are multiples of (1m)" },
        { "only", OPTION_TEXT, &settings->only, "WORD",
          "cases whose name holds it, and that in which nothing happens" },
        PEERS_OPTIONS(&settings->peers),
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-stall.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->keys == 0) program_fail("--keys must be above 0");
    settings->peers.floor = true;
}

int main(int argc, char **argv)
{
    struct stall *stall = ALLOC_NEW(struct stall);
    stall->settings.keys = 1000000;
    parse(argc, argv, &stall->settings);
    peers_init(&stall->peers, &stall->settings.peers);
    program_pin(CLIENT_CORE);
    add_heads(&stall->table);
    if (!stall->settings.no_json) {
        report_open(&stall->report, stall->settings.json, "stall");
        report_begin(&stall->report, "results", '[');
    }
    run_all(stall);
    table_print(&stall->table);
    if (!stall->settings.no_json) {
        report_end(&stall->report, ']');
        report_close(&stall->report);
        fprintf(stderr, "written to %s\n", stall->report.path);
    }
    alloc_free(stall);
    return EXIT_SUCCESS;
}
