/*
 * micro - nanoseconds of single operations of the libraries, without sockets.
 *
 * For finding out which part of an operation's cost changed; whether it matters, compare says.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/clock.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/samples.h"
#include "bench/kit/report/table.h"
#include "bench/micro/case.h"
#include "proto/base/alloc.h"

#define RUN_NS      (CLOCK_NS_PER_S / 10)
#define FIRST_COUNT 1000

static uint64_t time_run(const struct micro_case *micro, void *context, uint64_t count)
{
    uint64_t start_ns = clock_now_ns();
    micro->run(context, count);
    return clock_now_ns() - start_ns;
}

static double measure(const struct micro_case *micro, uint64_t runs)
{
    void *context = micro->create();
    uint64_t count = FIRST_COUNT;
    while (time_run(micro, context, count) < RUN_NS / 4) count *= 2;
    count *= 4;

    struct samples samples = { 0 };
    for (uint64_t i = 0; i < runs; i++)
        samples_add(&samples, (double)time_run(micro, context, count) / (double)count);
    micro->destroy(context);
    return samples_median(&samples);
}

static void measure_matching(struct table *table, const struct micro_case *cases, const char *part,
                             uint64_t runs)
{
    for (; cases->name != NULL; cases++) {
        if (part != NULL && strstr(cases->name, part) == NULL) continue;
        table_add(table, "%s", cases->name);
        table_add(table, "%.1f", measure(cases, runs));
    }
}

int main(int argc, char **argv)
{
    uint64_t runs = 7;
    uint64_t core = 0;
    const struct option options[] = {
        { "runs", OPTION_COUNT, &runs, "N", "of each, of 0.1 s; the median counts (7)" },
        { "core", OPTION_COUNT, &core, "N", "to run on (0)" },
        { 0 },
    };
    int first = options_parse(argc, argv, options, "[options] [part of a name]");
    if (runs == 0 || runs > SAMPLES_MAX) program_fail("--runs must be from 1 to %d", SAMPLES_MAX);
    const char *part = first < argc ? argv[first] : NULL;
    program_pin((int)core);

    struct table *table = ALLOC_NEW(struct table);
    table->columns = 2;
    table_add(table, "operation");
    table_add(table, "ns");
    measure_matching(table, request_cases, part, runs);
    measure_matching(table, reply_cases, part, runs);
    measure_matching(table, shard_cases, part, runs);
    measure_matching(table, evict_cases, part, runs);
    measure_matching(table, mailbox_cases, part, runs);
    measure_matching(table, memory_cases, part, runs);
    measure_matching(table, sample_cases, part, runs);
    table_print(table);
    alloc_free(table);
    return EXIT_SUCCESS;
}
