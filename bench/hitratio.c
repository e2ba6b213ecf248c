/*
 * hitratio - hit ratios of recorded requests, by policy and memory, beside redis-server.
 *
 * Each trace is replayed (load/replay.h) against a fresh server for every policy and every budget, the budget
 * being a percentage of the trace's footprint: the bytes of all its keys and values. What a server takes
 * before the first key is given to it on top: Nuthatch does not count it, redis-server is asked for its
 * used_memory_peak, after the connection has been used, and gets so much more.
 *
 * With small budgets fewer requests go out together, since a batch's reads all come before its writes.
 * Nothing waits for the recorded times: a server's clock hardly moves while a trace passes.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/peers.h"
#include "bench/kit/servers/server.h"
#include "bench/kit/trace/exact_lru.h"
#include "bench/kit/trace/replay.h"
#include "proto/base/alloc.h"

#define SERVER_CORE  0
#define CLIENT_CORE  1
#define BUDGETS_MAX  8
#define CONTESTANTS  7
#define PIPELINE_MIN 8
#define PIPELINE_MAX 64
/* One request goes out at once for so many bytes of the budget: about one entry in twenty. */
#define BYTES_A_REQUEST  2048
#define WARM_REQUESTS    (4 * PIPELINE_MAX)
#define WARM_VALUE_BYTES 64

struct contestant {
    const char *name;
    size_t peer; /* 0 redis, 1 nuthatch */
    const char *policy;
};

static const struct contestant contestants[CONTESTANTS] = {
    { "redis lru", 0, "allkeys-lru" }, { "redis lfu", 0, "allkeys-lfu" },
    { "lru", 1, "allkeys-lru" },       { "lfu", 1, "allkeys-lfu" },
    { "random", 1, "allkeys-random" }, { "adaptive", 1, "allkeys-adaptive" },
};
#define LRU_AT   2 /* whose number of entries the exact one gets */
#define EXACT_AT (CONTESTANTS - 1)

struct settings {
    struct peers_options peers;
    const char *budgets;
    const char *json;
    uint64_t value_bytes;
    uint64_t limit;
    bool no_json;
};

struct hitratio {
    struct settings settings;
    struct peers peers;
    uint64_t percents[BUDGETS_MAX];
    size_t percents_len;
    double sums[CONTESTANTS];
    uint64_t rows;
    struct table table;
    struct report report;
};

static void configure(struct exchange *exchange, const char *name, const char *value)
{
    exchange_begin(exchange, 4);
    exchange_argument(exchange, "CONFIG", strlen("CONFIG"));
    exchange_argument(exchange, "SET", strlen("SET"));
    exchange_argument(exchange, name, strlen(name));
    exchange_argument(exchange, value, strlen(value));
    exchange_turn(exchange, 1);
    if (exchange->replies.errors > 0) program_fail("CONFIG SET: %s", exchange->replies.first_error);
}

/* So that its buffers are there, and what a batch of requests takes while it runs shows in the peak. */
static void warm_up(struct exchange *exchange)
{
    static const char value[WARM_VALUE_BYTES] = { 0 };
    for (int i = 0; i < WARM_REQUESTS; i++) {
        exchange_begin(exchange, 3);
        exchange_argument(exchange, "SET", strlen("SET"));
        exchange_argument(exchange, "warm", strlen("warm"));
        exchange_argument(exchange, value, sizeof value);
    }
    exchange_turn(exchange, WARM_REQUESTS);
    exchange_begin(exchange, 2);
    exchange_argument(exchange, "DEL", strlen("DEL"));
    exchange_argument(exchange, "warm", strlen("warm"));
    exchange_turn(exchange, 1);
}

static void give(struct exchange *exchange, const struct contestant *contestant,
                 const struct address *address, uint64_t budget)
{
    char bytes[24];
    warm_up(exchange);
    uint64_t more = contestant->peer == 0 ? info_number(address, "used_memory_peak:") : 0;
    snprintf(bytes, sizeof bytes, "%" PRIu64, budget + more);
    configure(exchange, "maxmemory-policy", contestant->policy);
    configure(exchange, "maxmemory", bytes);
}

struct outcome {
    double percent;
    uint64_t entries; /* at the end */
};

static struct outcome run(struct hitratio *all, const struct contestant *contestant, const char *path,
                          uint64_t budget)
{
    struct server *server = &all->peers.items[contestant->peer];
    struct replay_options options = { .value_bytes = all->settings.value_bytes,
                                      .limit = all->settings.limit,
                                      .letter = 'a' };
    options.pipeline = budget / BYTES_A_REQUEST;
    if (options.pipeline < PIPELINE_MIN) options.pipeline = PIPELINE_MIN;
    if (options.pipeline > PIPELINE_MAX) options.pipeline = PIPELINE_MAX;

    struct exchange exchange;
    server_start(server, SERVER_CORE);
    exchange_open(&exchange, &server->address);
    give(&exchange, contestant, &server->address, budget);
    struct replay_tally tally = replay_trace(&options, &exchange, path);
    struct outcome outcome = { .entries = info_number(&server->address, "db0:keys=") };
    if (tally.gets > 0) outcome.percent = 100.0 * (double)tally.hits / (double)tally.gets;
    exchange_close(&exchange);
    server_stop(server);
    return outcome;
}

static void add_result(struct hitratio *all, size_t contestant, double percent)
{
    all->sums[contestant] += percent;
    table_add(&all->table, "%.2f", percent);
    if (all->settings.no_json) return;
    report_number(&all->report, contestant == EXACT_AT ? "exact lru" : contestants[contestant].name, percent);
}

static void run_all(struct hitratio *all, const char *path, uint64_t footprint, uint64_t percent)
{
    uint64_t budget = footprint * percent / 100, entries = 0;
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    int len = (int)strcspn(name, ".");
    fprintf(stderr, "%.*s, %" PRIu64 " %%: %" PRIu64 " KiB\n", len, name, percent, budget >> 10);
    table_add(&all->table, "%.*s", len, name);
    table_add(&all->table, "%" PRIu64, percent);
    table_add(&all->table, "%" PRIu64, budget >> 10);
    if (!all->settings.no_json) {
        report_begin(&all->report, NULL, '{');
        report_text(&all->report, "trace", name);
        report_number(&all->report, "budget_bytes", (double)budget);
    }
    for (size_t i = 0; i < EXACT_AT; i++) {
        struct outcome outcome = run(all, &contestants[i], path, budget);
        if (i == LRU_AT) entries = outcome.entries;
        add_result(all, i, outcome.percent);
    }
    add_result(all, EXACT_AT, exact_lru_percent(path, entries, all->settings.limit));
    if (!all->settings.no_json) report_end(&all->report, '}');
    all->rows++;
}

static void add_heads(struct table *table)
{
    table->columns = 3 + CONTESTANTS;
    table_add(table, "trace");
    table_add(table, "%%");
    table_add(table, "KiB");
    for (size_t i = 0; i < EXACT_AT; i++) table_add(table, "%s", contestants[i].name);
    table_add(table, "exact lru");
}

static void add_means(struct hitratio *all)
{
    table_add(&all->table, "mean");
    table_add(&all->table, " ");
    table_add(&all->table, " ");
    for (size_t i = 0; i < CONTESTANTS; i++) table_add(&all->table, "%.2f", all->sums[i] / (double)all->rows);
}

static int parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "budgets", OPTION_TEXT, &settings->budgets, "N,...", "percent of the footprint (1,5,10,25)" },
        { "value-size", OPTION_COUNT, &settings->value_bytes, "N", "where a trace has no sizes (64)" },
        { "limit", OPTION_COUNT, &settings->limit, "N", "only the first N requests of each trace" },
        { "json", OPTION_TEXT, &settings->json, "FILE", "where results are written" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "nowhere" },
        PEERS_OPTIONS(&settings->peers),
        { 0 },
    };
    int first = options_parse(argc, argv, options, "[options] trace.kvt[.gz]...");
    if (first == argc) program_fail("which trace? (try --help)");
    return first;
}

int main(int argc, char **argv)
{
    struct hitratio *all = ALLOC_NEW(struct hitratio);
    all->settings = (struct settings){ .budgets = "1,5,10,25", .value_bytes = 64 };
    int first = parse(argc, argv, &all->settings);
    all->percents_len = options_split_counts(all->settings.budgets, all->percents, BUDGETS_MAX);
    peers_init(&all->peers, &all->settings.peers);
    program_pin(CLIENT_CORE);
    if (!all->settings.no_json) {
        report_open(&all->report, all->settings.json, "hitratio");
        report_begin(&all->report, "results", '[');
    }

    add_heads(&all->table);
    for (int i = first; i < argc; i++) {
        struct replay_options options = { .value_bytes = all->settings.value_bytes,
                                          .limit = all->settings.limit };
        uint64_t footprint = replay_footprint(&options, argv[i]);
        for (size_t b = 0; b < all->percents_len; b++) run_all(all, argv[i], footprint, all->percents[b]);
    }
    add_means(all);
    table_print(&all->table);
    if (!all->settings.no_json) {
        report_end(&all->report, ']');
        report_close(&all->report);
        fprintf(stderr, "written to %s\n", all->report.path);
    }
    alloc_free(all);
    return EXIT_SUCCESS;
}
