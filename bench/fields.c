/*
 * fields - what deadlines of fields cost, and whether their memory comes back.
 *
 * - Bytes for each: what the server's memory grew by for one hash of a million fields with deadlines, less
 * what it grew by for the same without.
 * - A million fields whose deadlines are spread over five seconds: when the last has passed, the memory that
 * is still held 100 ms later, and CPU time for each, less that of an idle server; then, once more, what
 * another client waits for its GETs, beside what it waits while nothing expires.
 *
 * Servers that do not know HSETEX are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "bench/stall/probe.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"

#define SERVER_CORE 0
#define CLIENT_CORE 1
#define BATCH       1000
#define VALUE       "sixteen bytes ..."
#define SPREAD_MS   5000
#define LEAST_MS    8000 /* from the start of loading, so that it is over when the first expires */
#define LATE_MS     100
#define MS          1000000

struct settings {
    struct peers_options peers;
    const char *json;
    uint64_t fields;
    bool no_json;
};

struct outcome {
    bool is_known; /* HSETEX is */
    double bytes;
    double held_percent;
    double us;
    double quiet_us, busy_us; /* p99.9 of a GET */
};

struct bench {
    struct settings settings;
    struct peers peers;
    struct outcome outcomes[PEERS_MAX];
};

static void add_text(struct exchange *exchange, const char *text)
{
    exchange_argument(exchange, text, strlen(text));
}

static bool knows_deadlines(const struct server *server)
{
    struct exchange exchange;
    exchange_open(&exchange, &server->address);
    exchange_begin(&exchange, 5);
    add_text(&exchange, "HTTL");
    add_text(&exchange, "h");
    add_text(&exchange, "FIELDS");
    add_text(&exchange, "1");
    add_text(&exchange, "f");
    exchange_turn(&exchange, 1);
    bool known = exchange.replies.errors == 0;
    exchange_close(&exchange);
    return known;
}

static void put_field(struct exchange *exchange, uint64_t number, uint64_t ttl_ms)
{
    char name[32], time[32];
    snprintf(name, sizeof name, "f%07" PRIu64, number);
    snprintf(time, sizeof time, "%" PRIu64, ttl_ms);
    exchange_begin(exchange, ttl_ms > 0 ? 8 : 4);
    add_text(exchange, ttl_ms > 0 ? "HSETEX" : "HSET");
    add_text(exchange, "h");
    if (ttl_ms > 0) {
        add_text(exchange, "PX");
        add_text(exchange, time);
        add_text(exchange, "FIELDS");
        add_text(exchange, "1");
    }
    add_text(exchange, name);
    add_text(exchange, VALUE);
}

/* Each goes at a time between `first_ns` (of clock_now_ns()) and five seconds later; 0: never. */
static void fill(const struct address *address, uint64_t fields, uint64_t first_ns)
{
    struct exchange exchange;
    struct random random = { 1 };
    exchange_open(&exchange, address);
    for (uint64_t i = 0; i < fields; i++) {
        uint64_t left_ms = 0, now_ns = clock_now_ns();
        if (first_ns > now_ns + MS) left_ms = (first_ns - now_ns) / MS;
        put_field(&exchange, i, first_ns > 0 ? 1 + left_ms + random_below(&random, SPREAD_MS) : 0);
        if ((i + 1) % BATCH == 0) exchange_turn(&exchange, BATCH);
    }
    exchange_turn(&exchange, fields % BATCH);
    if (exchange.replies.errors > 0) program_fail("HSETEX: %s", exchange.replies.first_error);
    exchange_close(&exchange);
}

static uint64_t memory_of(const struct server *server)
{
    return info_number(&server->address, "used_memory:");
}

static double bytes_per_field(struct server *server, uint64_t fields, uint64_t ttl_s)
{
    server_start(server, SERVER_CORE);
    uint64_t before = memory_of(server);
    fill(&server->address, fields, ttl_s > 0 ? clock_now_ns() + ttl_s * CLOCK_NS_PER_S : 0);
    double grown = (double)memory_of(server) - (double)before;
    server_stop(server);
    return grown / (double)fields;
}

static void sleep_until(uint64_t ns)
{
    uint64_t now_ns = clock_now_ns();
    if (ns > now_ns) usleep((useconds_t)((ns - now_ns) / 1000));
}

/* Until the last has passed, which is when it is told. Returns what they had grown by. */
static double begin_expiry(struct server *server, uint64_t fields, uint64_t *end_ns)
{
    uint64_t before = memory_of(server), first_ns = clock_now_ns() + (uint64_t)LEAST_MS * MS;
    fill(&server->address, fields, first_ns);
    if (clock_now_ns() > first_ns) fprintf(stderr, "loading took longer than %d ms\n", LEAST_MS);
    double grown = (double)memory_of(server) - (double)before;
    sleep_until(first_ns);
    *end_ns = first_ns + (uint64_t)(SPREAD_MS + LATE_MS) * MS;
    return grown;
}

static uint64_t cpu_until(const struct server *server, uint64_t end_ns)
{
    uint64_t before_ns = server_cpu_ns(server);
    sleep_until(end_ns);
    return server_cpu_ns(server) - before_ns;
}

static void measure_cost(struct server *server, uint64_t fields, struct outcome *outcome)
{
    uint64_t end_ns;
    server_start(server, SERVER_CORE);
    uint64_t before = memory_of(server);
    uint64_t idle_ns = cpu_until(server, clock_now_ns() + (uint64_t)(SPREAD_MS + LATE_MS) * MS);
    double grown = begin_expiry(server, fields, &end_ns);
    uint64_t spent_ns = cpu_until(server, end_ns);
    outcome->held_percent = 100 * ((double)memory_of(server) - (double)before) / grown;
    outcome->us = ((double)spent_ns - (double)idle_ns) / 1e3 / (double)fields;
    server_stop(server);
}

/* The p99.9 of a client's GETs. */
static double wait_until(const struct server *server, uint64_t end_ns)
{
    struct probe *probe = ALLOC_NEW(struct probe);
    probe_start(probe, &server->address);
    sleep_until(end_ns);
    probe_stop(probe);
    double us = (double)histogram_percentile(&probe->latency_ns, 0.999) / 1e3;
    alloc_free(probe);
    return us;
}

static void measure_waits(struct server *server, uint64_t fields, struct outcome *outcome)
{
    uint64_t end_ns;
    server_start(server, SERVER_CORE);
    outcome->quiet_us = wait_until(server, clock_now_ns() + (uint64_t)(SPREAD_MS + LATE_MS) * MS);
    begin_expiry(server, fields, &end_ns);
    outcome->busy_us = wait_until(server, end_ns);
    server_stop(server);
}

static void measure(struct server *server, uint64_t fields, struct outcome *outcome)
{
    server_start(server, SERVER_CORE);
    outcome->is_known = knows_deadlines(server);
    server_stop(server);
    if (!outcome->is_known) return;
    outcome->bytes = bytes_per_field(server, fields, 86400) - bytes_per_field(server, fields, 0);
    measure_cost(server, fields, outcome);
    measure_waits(server, fields, outcome);
}

static void print(const struct bench *bench)
{
    struct table *table = ALLOC_NEW(struct table);
    table->columns = 6;
    table_add(table, "server");
    table_add(table, "bytes/deadline");
    table_add(table, "held after %d ms", LATE_MS);
    table_add(table, "CPU us/expired field");
    table_add(table, "p99.9 us, quiet");
    table_add(table, "while they expire");
    for (size_t i = 0; i < bench->peers.len; i++) {
        const struct outcome *outcome = &bench->outcomes[i];
        if (!outcome->is_known) continue;
        table_add(table, "%s", bench->peers.items[i].name);
        table_add(table, "%.2f", outcome->bytes);
        table_add(table, "%.1f %%", outcome->held_percent);
        table_add(table, "%.3f", outcome->us);
        table_add(table, "%.0f", outcome->quiet_us);
        table_add(table, "%.0f", outcome->busy_us);
    }
    table_print(table);
    alloc_free(table);
}

static void write_report(const struct bench *bench)
{
    struct report report;
    report_open(&report, bench->settings.json, "fields");
    report_number(&report, "fields", (double)bench->settings.fields);
    report_begin(&report, "results", '[');
    for (size_t i = 0; i < bench->peers.len; i++) {
        const struct outcome *outcome = &bench->outcomes[i];
        if (!outcome->is_known) continue;
        report_begin(&report, NULL, '{');
        report_text(&report, "server", bench->peers.items[i].name);
        report_number(&report, "bytes_per_deadline", outcome->bytes);
        report_number(&report, "held_percent", outcome->held_percent);
        report_number(&report, "us_per_field", outcome->us);
        report_number(&report, "quiet_p999_us", outcome->quiet_us);
        report_number(&report, "busy_p999_us", outcome->busy_us);
        report_end(&report, '}');
    }
    report_end(&report, ']');
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}

int main(int argc, char **argv)
{
    struct bench *bench = ALLOC_NEW(struct bench);
    struct settings *settings = &bench->settings;
    settings->fields = 1000000;
    const struct option options[] = {
        { "fields", OPTION_COUNT, &settings->fields, "N", "of one hash (1m)" },
        PEERS_OPTIONS(&settings->peers),
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-fields.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->fields == 0) program_fail("--fields must be above 0");
    peers_init(&bench->peers, &settings->peers);
    program_pin(CLIENT_CORE);
    for (size_t i = 0; i < bench->peers.len; i++) {
        fprintf(stderr, "%s\n", bench->peers.items[i].name);
        measure(&bench->peers.items[i], settings->fields, &bench->outcomes[i]);
    }
    print(bench);
    if (!settings->no_json) write_report(bench);
    alloc_free(bench);
    return EXIT_SUCCESS;
}
