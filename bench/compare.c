/*
 * compare - what an operation costs here and in redis-server, side by side.
 *
 * Each server runs alone on core 0 and the load on core 1. A round measures every test, depth and server for
 * a moment, one server right after the other, so that a slow minute of the machine touches all; the table
 * shows medians over the rounds. Cost is the time that the server's threads ran for (schedstat) per
 * operation: it does not depend on how fast the client was.
 *
 * Exit status 1 when a server replied an error, or a ratio is above its --limits.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kit/load/load.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/load/trial.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/samples.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "proto/base/alloc.h"

#define TESTS_MAX   8
#define DEPTHS_MAX  8
#define SERVER_CORE 0
#define CLIENT_CORE 1

/* Values with three tags, and GETs of plain ones where there is no such thing. */
#define CACHEGET "cacheget"

struct cell {
    struct samples us_per_op;
    struct samples kops;
    uint64_t errors;
};

struct settings {
    uint64_t rounds, keys, value, clients;
    double seconds;
    bool quick, others, no_json;
    const char *depths, *tests, *limits, *json;
    struct peers_options peers;
};

struct comparison {
    struct settings settings;
    char tests_text[256]; /* what `tests` points into */
    const char *tests[TESTS_MAX];
    size_t tests_len;
    uint64_t depths[DEPTHS_MAX];
    size_t depths_len;
    struct peers peers;
    struct cell cells[TESTS_MAX][DEPTHS_MAX][PEERS_MAX];
    struct trial trial;
    bool failed;
};

/* The limit that --limits sets for a depth; 0 when none. */
static double limit_of(const char *limits, uint64_t depth)
{
    while (limits != NULL) {
        char *end;
        uint64_t its_depth = strtoull(limits, &end, 10);
        if (*end != '=') program_fail("--limits takes depth=ratio,..., not %s", limits);
        double limit = strtod(end + 1, &end);
        if (*end != ',' && *end != '\0') program_fail("--limits takes depth=ratio,..., not %s", limits);
        if (its_depth == depth) return limit;
        limits = *end == ',' ? end + 1 : NULL;
    }
    return 0;
}

static void parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "quick", OPTION_FLAG, &settings->quick, NULL, "3 rounds of 0.5 s" },
        { "rounds", OPTION_COUNT, &settings->rounds, "N", "how often each is measured (7)" },
        { "seconds", OPTION_REAL, &settings->seconds, "S", "for how long each time (1)" },
        { "tests", OPTION_TEXT, &settings->tests, "LIST", "of " WORKLOAD_TESTS ", " CACHEGET " (get,set)" },
        { "depths", OPTION_TEXT, &settings->depths, "LIST", "requests in flight on a connection (1,16,64)" },
        { "keys", OPTION_COUNT, &settings->keys, "N", "of 16 bytes, all set before (1m)" },
        { "value", OPTION_COUNT, &settings->value, "N", "bytes of a value (32)" },
        { "clients", OPTION_COUNT, &settings->clients, "N", "connections (50)" },
        PEERS_OPTIONS(&settings->peers),
        { "others", OPTION_FLAG, &settings->others, NULL,
          "also what else is installed: valkey, memcached, ..." },
        { "limits", OPTION_TEXT, &settings->limits, "LIST", "depth=ratio,...: above is exit status 1" },
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-compare.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    limit_of(settings->limits, 0); /* so that a mistake in it shows before the measurement */
    if (settings->rounds == 0) settings->rounds = settings->quick ? 3 : 7;
    if (settings->rounds > SAMPLES_MAX) program_fail("at most %d rounds", SAMPLES_MAX);
    if (settings->seconds <= 0) settings->seconds = settings->quick ? 0.5 : 1;
}

static void split_tests(struct comparison *comparison)
{
    int len =
        snprintf(comparison->tests_text, sizeof comparison->tests_text, "%s", comparison->settings.tests);
    if (len >= (int)sizeof comparison->tests_text) program_fail("--tests is too long");
    for (char *rest = comparison->tests_text; rest != NULL;) {
        if (comparison->tests_len == TESTS_MAX) program_fail("more than %d tests", TESTS_MAX);
        comparison->tests[comparison->tests_len++] = strsep(&rest, ",");
    }
}

/* Names of their own: INCR refuses the letters that the others have for values, and what DEL takes away would
 * be missing in the rounds after it. */
static bool is_apart(const char *test)
{
    return strcmp(test, "incr") == 0 || strcmp(test, "del") == 0;
}

static bool has_tags(const struct server *server)
{
    return strcmp(server->name, "nuthatch") == 0;
}

static struct workload *make_cache_workload(const struct settings *settings, uint64_t seed)
{
    char request[64];
    snprintf(request, sizeof request, "CACHE GET cached:00{%" PRIu64 "}", settings->keys);
    return workload_create(&(struct workload_options){ .request = request, .seed = seed });
}

/* NULL: the server's protocol has no such test. */
static struct workload *make_workload(const struct settings *settings, const struct server *server,
                                      const char *test, uint64_t seed)
{
    if (strcmp(test, CACHEGET) == 0) {
        if (has_tags(server)) return make_cache_workload(settings, seed);
        test = "get";
    }
    return workload_create(&(struct workload_options){ .protocol = server->protocol,
                                                       .test = test,
                                                       .keys = settings->keys,
                                                       .first_key = is_apart(test) ? settings->keys : 0,
                                                       .value_bytes = settings->value,
                                                       .seed = seed });
}

static void check_tests(const struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->tests_len; i++) {
        struct workload *workload =
            make_workload(&comparison->settings, &comparison->peers.items[0], comparison->tests[i], 1);
        if (workload == NULL)
            program_fail("no such test: %s (" WORKLOAD_TESTS ", " CACHEGET ")", comparison->tests[i]);
        workload_destroy(&workload);
    }
}

static bool is_wanted(const struct comparison *comparison, const char *test)
{
    for (size_t i = 0; i < comparison->tests_len; i++)
        if (strcmp(comparison->tests[i], test) == 0) return true;
    return false;
}

static void preload_tagged(const struct settings *settings, const struct server *server)
{
    char request[160];
    uint64_t keys = settings->keys;
    snprintf(request, sizeof request,
             "CACHE SET cached:00{+%" PRIu64 "} {=%" PRIu64 "} EX 100000 TAGS 3 user:{+%" PRIu64
             "} list:{100} site",
             keys, settings->value, keys);
    preload_requests(&server->address, request, keys);
}

static void start_all(struct comparison *comparison)
{
    bool alone = sysconf(_SC_NPROCESSORS_ONLN) > CLIENT_CORE;
    if (!alone) fprintf(stderr, "one core only: client and server share it, and the numbers are rough\n");
    if (alone && !program_pin(CLIENT_CORE)) program_fail("cannot run on core %d", CLIENT_CORE);

    for (size_t i = 0; i < comparison->peers.len; i++) {
        struct server *server = &comparison->peers.items[i];
        server_start(server, alone ? SERVER_CORE : SERVER_ANY_CORE);
        preload_keys(&server->address, comparison->settings.keys, comparison->settings.value, false);
        if (has_tags(server) && is_wanted(comparison, CACHEGET))
            preload_tagged(&comparison->settings, server);
        server_pause(server);
    }
}

static void stop_all(struct peers *peers)
{
    for (size_t i = 0; i < peers->len; i++) server_stop(&peers->items[i]);
}

/* One server, one test, one depth, once. */
static void measure(struct comparison *comparison, struct server *server, struct workload *workload,
                    uint64_t depth, struct cell *cell)
{
    struct trial *trial = &comparison->trial;
    const struct load_options options = { .clients = comparison->settings.clients,
                                          .depth = depth,
                                          .workload = workload };
    trial_run(trial, server, options, comparison->settings.seconds);

    const struct load_tally *tally = &trial->tally;
    samples_add(&cell->us_per_op, trial->us_per_op);
    samples_add(&cell->kops, trial->kops);
    cell->errors += tally->errors;
    if (tally->errors == 0) return;
    if (!comparison->failed) fprintf(stderr, "%s: %s\n", server->name, tally->first_error);
    comparison->failed = true;
}

static void measure_round(struct comparison *comparison, uint64_t round)
{
    fprintf(stderr, "round %" PRIu64 " of %" PRIu64 "\n", round + 1, comparison->settings.rounds);
    for (size_t test = 0; test < comparison->tests_len; test++) {
        for (size_t depth = 0; depth < comparison->depths_len; depth++) {
            for (size_t i = 0; i < comparison->peers.len; i++) {
                /* The same keys for all, other keys in every round. */
                struct server *server = &comparison->peers.items[i];
                struct workload *workload =
                    make_workload(&comparison->settings, server, comparison->tests[test], round + 1);
                if (workload == NULL) continue;
                measure(comparison, server, workload, comparison->depths[depth],
                        &comparison->cells[test][depth][i]);
                workload_destroy(&workload);
            }
        }
    }
}

static double ratio(const struct cell *cells, size_t peer)
{
    return samples_median(&cells[peer].us_per_op) / samples_median(&cells[0].us_per_op);
}

static void add_head(struct table *table, const struct peers *peers)
{
    table->columns = 2 + 3 * peers->len - 1;
    table_add(table, "test");
    table_add(table, "depth");
    for (size_t i = 0; i < peers->len; i++) table_add(table, "%s us/op", peers->items[i].name);
    for (size_t i = 1; i < peers->len; i++) {
        if (peers->len == 2)
            table_add(table, "ratio");
        else
            table_add(table, "%s/%s", peers->items[i].name, peers->items[0].name);
    }
    for (size_t i = 0; i < peers->len; i++) table_add(table, "%s kop/s", peers->items[i].name);
}

/* Nothing where there was no measurement. */
static void add_number(struct table *table, int digits, double number)
{
    if (number > 0)
        table_add(table, "%.*f", digits, number);
    else
        table_add(table, "%s", "");
}

static void print(const struct comparison *comparison)
{
    struct table *table = ALLOC_NEW(struct table);
    size_t peers = comparison->peers.len;
    add_head(table, &comparison->peers);
    for (size_t test = 0; test < comparison->tests_len; test++) {
        for (size_t depth = 0; depth < comparison->depths_len; depth++) {
            const struct cell *cells = comparison->cells[test][depth];
            table_add(table, "%s", comparison->tests[test]);
            table_add(table, "%" PRIu64, comparison->depths[depth]);
            for (size_t i = 0; i < peers; i++) add_number(table, 3, samples_median(&cells[i].us_per_op));
            for (size_t i = 1; i < peers; i++) add_number(table, 3, ratio(cells, i));
            for (size_t i = 0; i < peers; i++) add_number(table, 0, samples_median(&cells[i].kops));
        }
    }
    table_print(table);
    alloc_free(table);
}

/* Nuthatch, which stands after redis, against the limits. */
static void check_limits(struct comparison *comparison)
{
    for (size_t test = 0; test < comparison->tests_len; test++) {
        for (size_t depth = 0; depth < comparison->depths_len; depth++) {
            double limit = limit_of(comparison->settings.limits, comparison->depths[depth]);
            double is = ratio(comparison->cells[test][depth], 1);
            if (limit <= 0 || is <= limit) continue;
            printf("%s at depth %" PRIu64 ": ratio %.3f is above %.3f\n", comparison->tests[test],
                   comparison->depths[depth], is, limit);
            comparison->failed = true;
        }
    }
}

static void report_cell(struct report *report, const struct comparison *comparison, size_t test, size_t depth,
                        size_t peer)
{
    const struct cell *cell = &comparison->cells[test][depth][peer];
    if (cell->us_per_op.len == 0) return;
    fputs("\n", report->file);
    report_begin(report, NULL, '{');
    report_text(report, "test", comparison->tests[test]);
    report_number(report, "depth", (double)comparison->depths[depth]);
    report_text(report, "server", comparison->peers.items[peer].name);
    report_number(report, "us_per_op", samples_median(&cell->us_per_op));
    report_number(report, "ratio", ratio(comparison->cells[test][depth], peer));
    report_number(report, "kops", samples_median(&cell->kops));
    report_number(report, "errors", (double)cell->errors);
    report_numbers(report, "us_per_op_rounds", cell->us_per_op.values, cell->us_per_op.len);
    report_end(report, '}');
}

static void report_settings(struct report *report, const struct settings *settings)
{
    report_begin(report, "settings", '{');
    report_number(report, "rounds", (double)settings->rounds);
    report_number(report, "seconds", settings->seconds);
    report_number(report, "clients", (double)settings->clients);
    report_number(report, "keys", (double)settings->keys);
    report_number(report, "key_bytes", WORKLOAD_KEY_BYTES);
    report_number(report, "value_bytes", (double)settings->value);
    report_end(report, '}');
}

static void report_servers(struct report *report, const struct peers *peers)
{
    report_begin(report, "servers", '[');
    for (size_t i = 0; i < peers->len; i++) {
        char version[256];
        server_version(&peers->items[i], version, sizeof version);
        report_begin(report, NULL, '{');
        report_text(report, "name", peers->items[i].name);
        report_text(report, "version", version);
        report_text(report, "arguments", peers->items[i].args);
        report_end(report, '}');
    }
    report_end(report, ']');
}

static void write_report(const struct comparison *comparison)
{
    struct report report;
    report_open(&report, comparison->settings.json, "compare");
    report_settings(&report, &comparison->settings);
    report_servers(&report, &comparison->peers);
    report_begin(&report, "results", '[');
    for (size_t test = 0; test < comparison->tests_len; test++)
        for (size_t depth = 0; depth < comparison->depths_len; depth++)
            for (size_t i = 0; i < comparison->peers.len; i++)
                report_cell(&report, comparison, test, depth, i);
    report_end(&report, ']');
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}

int main(int argc, char **argv)
{
    struct comparison *comparison = ALLOC_NEW(struct comparison);
    struct settings *settings = &comparison->settings;
    *settings = (struct settings){
        .keys = 1000000, .value = 32, .clients = 50, .tests = "get,set", .depths = "1,16,64"
    };
    parse(argc, argv, settings);
    split_tests(comparison);
    comparison->depths_len = options_split_counts(settings->depths, comparison->depths, DEPTHS_MAX);
    if (settings->others) peers_add_installed(&settings->peers);
    peers_init(&comparison->peers, &settings->peers);
    check_tests(comparison);

    start_all(comparison);
    for (uint64_t round = 0; round < settings->rounds; round++) measure_round(comparison, round);
    stop_all(&comparison->peers);

    print(comparison);
    check_limits(comparison);
    if (!settings->no_json) write_report(comparison);
    bool failed = comparison->failed;
    alloc_free(comparison);
    return failed ? PROGRAM_FAILED : EXIT_SUCCESS;
}
