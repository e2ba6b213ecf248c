/*
 * load - keep one server busy and say how it did.
 *
 * Prints one line: requests per second, latency percentiles, errors and misses. Exit status 1 when there was
 * an error reply.
 */
#include "bench/kit/load/load.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/table.h"
#include "proto/base/alloc.h"

#define ANY_CORE UINT64_MAX

struct settings {
    const char *server;
    const char *test;
    uint64_t clients, depth, keys, value, batch, seed, core;
    double seconds, warmup, rate, writes;
    bool preload, deadlines;
};

static void parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "server", OPTION_TEXT, &settings->server, "A",
          "[memcached:]host:port or unix:path (127.0.0.1:6379)" },
        { "test", OPTION_TEXT, &settings->test, "T", WORKLOAD_TESTS " (get)" },
        { "clients", OPTION_COUNT, &settings->clients, "N", "connections (50)" },
        { "depth", OPTION_COUNT, &settings->depth, "N", "requests in flight on a connection (1)" },
        { "seconds", OPTION_REAL, &settings->seconds, "S", "how long to measure (5)" },
        { "warmup", OPTION_REAL, &settings->warmup, "S", "how long to run before that (0.2)" },
        { "rate", OPTION_REAL, &settings->rate, "R", "open loop: requests per second, due at fixed times" },
        { "keys", OPTION_COUNT, &settings->keys, "N", "names to draw from (1m)" },
        { "value", OPTION_COUNT, &settings->value, "N", "bytes of a value (32)" },
        { "batch", OPTION_COUNT, &settings->batch, "N", "keys of one mget, mset, del (10)" },
        { "writes", OPTION_REAL, &settings->writes, "X", "share of SETs in mixed (0.1)" },
        { "deadlines", OPTION_FLAG, &settings->deadlines, NULL, "SETs carry EX" },
        { "preload", OPTION_FLAG, &settings->preload, NULL, "set every key before" },
        { "seed", OPTION_COUNT, &settings->seed, "N", "of the random keys (1)" },
        { "core", OPTION_COUNT, &settings->core, "N", "run on this core only" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
}

static void print(const struct settings *settings, const struct load_tally *tally)
{
    struct table *table = ALLOC_NEW(struct table);
    static const char *const heads[] = { "test",     "depth",  "op/s",     "p50 us", "p99 us",
                                         "p99.9 us", "max us", "requests", "errors", "nulls" };
    table->columns = sizeof heads / sizeof heads[0];
    for (size_t i = 0; i < table->columns; i++) table_add(table, "%s", heads[i]);

    const struct histogram *latency = &tally->latency_ns;
    table_add(table, "%s", settings->test);
    table_add(table, settings->rate > 0 ? "open" : "%" PRIu64, settings->depth);
    table_add(table, "%.0f", (double)tally->replies * 1e9 / (double)tally->elapsed_ns);
    table_add(table, "%.1f", (double)histogram_percentile(latency, 0.5) / 1e3);
    table_add(table, "%.1f", (double)histogram_percentile(latency, 0.99) / 1e3);
    table_add(table, "%.1f", (double)histogram_percentile(latency, 0.999) / 1e3);
    table_add(table, "%.1f", (double)latency->max / 1e3);
    table_add(table, "%" PRIu64, tally->replies);
    table_add(table, "%" PRIu64, tally->errors);
    table_add(table, "%" PRIu64, tally->nulls);
    table_print(table);
    if (tally->errors > 0) printf("first error: %s\n", tally->first_error);
    alloc_free(table);
}

int main(int argc, char **argv)
{
    struct settings settings = { .server = "127.0.0.1:6379",
                                 .test = "get",
                                 .clients = 50,
                                 .depth = 1,
                                 .seconds = 5,
                                 .warmup = 0.2,
                                 .keys = 1000000,
                                 .value = 32,
                                 .seed = 1,
                                 .core = ANY_CORE };
    parse(argc, argv, &settings);
    struct address address;
    if (!address_parse(settings.server, &address)) program_fail("no such address: %s", settings.server);
    if (settings.core != ANY_CORE && !program_pin((int)settings.core)) program_fail("no such core");
    /* The kernel may delay a sleeper by 50 us to save power, which an open loop would count as latency. */
    prctl(PR_SET_TIMERSLACK, 1);
    if (settings.preload) preload_keys(&address, settings.keys, settings.value, settings.deadlines);

    struct workload *workload = workload_create(&(struct workload_options){ .protocol = address.protocol,
                                                                            .test = settings.test,
                                                                            .keys = settings.keys,
                                                                            .value_bytes = settings.value,
                                                                            .batch = settings.batch,
                                                                            .writes = settings.writes,
                                                                            .deadlines = settings.deadlines,
                                                                            .seed = settings.seed });
    if (workload == NULL) program_fail("no such test: %s (" WORKLOAD_TESTS ")", settings.test);
    struct load *load = load_open(&(struct load_options){ .address = address,
                                                          .clients = settings.clients,
                                                          .depth = settings.depth,
                                                          .rate = settings.rate,
                                                          .workload = workload });
    struct load_tally *tally = ALLOC_NEW(struct load_tally);
    load_run(load, clock_ns_of_seconds(settings.warmup), tally);
    load_run(load, clock_ns_of_seconds(settings.seconds), tally);
    load_close(&load);
    workload_destroy(&workload);

    print(&settings, tally);
    bool failed = tally->errors > 0;
    alloc_free(tally);
    return failed ? PROGRAM_FAILED : EXIT_SUCCESS;
}
