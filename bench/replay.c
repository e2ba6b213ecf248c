/*
 * replay - send recorded requests to a server and say how many it could answer.
 *
 * See load/replay.h for what is sent. Every trace has keys of its own.
 *
 * Exit status 1 when a server replied an error.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/table.h"
#include "bench/kit/servers/address.h"
#include "bench/kit/trace/replay.h"
#include "proto/base/alloc.h"

struct settings {
    const char *server;
    struct replay_options replay;
};

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void add_row(struct table *table, const struct replay_tally *tally)
{
    table_add(table, "%s", tally->name);
    table_add(table, "%" PRIu64, tally->requests);
    table_add(table, "%" PRIu64, tally->hits);
    table_add(table, "%" PRIu64, tally->gets - tally->hits);
    table_add(table, "%" PRIu64, tally->errors);
    table_add(table, "%.2f", percent(tally->hits, tally->gets));
    table_add(table, "%.2f", percent(tally->hit_bytes, tally->get_bytes));
    table_add(table, "%.1f", tally->seconds);
}

static int parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "server", OPTION_TEXT, &settings->server, "A", "host:port or unix:path (127.0.0.1:6379)" },
        { "pipeline", OPTION_COUNT, &settings->replay.pipeline, "N",
          "requests that may go out together (16)" },
        { "value-size", OPTION_COUNT, &settings->replay.value_bytes, "N",
          "where the trace has no sizes (64)" },
        { "limit", OPTION_COUNT, &settings->replay.limit, "N", "only the first N requests of each trace" },
        { "flush", OPTION_FLAG, &settings->replay.flush, NULL, "FLUSHALL before each trace" },
        { 0 },
    };
    int first = options_parse(argc, argv, options, "[options] trace.kvt[.gz]...");
    if (first == argc) program_fail("which trace? (try --help)");
    if (settings->replay.pipeline == 0) program_fail("--pipeline must be above 0");
    return first;
}

int main(int argc, char **argv)
{
    static const char *const heads[] = { "trace",  "requests", "hits",       "misses",
                                         "errors", "hit %",    "byte hit %", "seconds" };
    struct settings settings = { .server = "127.0.0.1:6379",
                                 .replay = { .pipeline = 16, .value_bytes = 64 } };
    int first = parse(argc, argv, &settings);
    struct address address;
    if (!address_parse(settings.server, &address)) program_fail("no such address: %s", settings.server);

    struct exchange exchange;
    exchange_open(&exchange, &address);
    struct table *table = ALLOC_NEW(struct table);
    table->columns = sizeof heads / sizeof heads[0];
    for (size_t i = 0; i < table->columns; i++) table_add(table, "%s", heads[i]);
    bool failed = false;
    for (int i = first; i < argc; i++) {
        settings.replay.letter = (char)('a' + (i - first) % 26);
        struct replay_tally tally = replay_trace(&settings.replay, &exchange, argv[i]);
        add_row(table, &tally);
        failed = failed || tally.errors > 0;
    }
    exchange_close(&exchange);
    table_print(table);
    alloc_free(table);
    return failed ? PROGRAM_FAILED : EXIT_SUCCESS;
}
