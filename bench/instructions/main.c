/*
 * instructions - what an operation costs in instructions of the server, which no neighbour on the machine
 * changes.
 *
 * Runs a script (script.h) under callgrind and prints instructions and allocations per request beside those
 * recorded in bench/instructions.txt. With --check a case that grew by more than a tenth is exit status 1;
 * 77 says that nothing could be compared: no valgrind, or another compiler than that of the record.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/instructions/measurement.h"
#include "bench/instructions/record.h"
#include "bench/instructions/script.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/table.h"
#include "proto/base/alloc.h"

#define GROWTH          1.10
#define GROWTH_OF_TEXTS 1.03 /* reads and writes of strings, which nothing may make dearer */
#define ALLOCATIONS_EPS 0.05
#define SKIPPED         77 /* as Automake and CTest have it */

struct settings {
    bool script, check, record;
    const char *functions;
};

static void collect(struct record *record, const struct measurement *measurements)
{
    const struct script_case *cases = script_cases(&record->len);
    record_describe_build(record->build, sizeof record->build);
    for (size_t i = 0; i < record->len; i++) {
        struct record_line *line = &record->lines[i];
        snprintf(line->name, sizeof line->name, "%s", cases[i].name);
        line->depth = cases[i].depth;
        line->instructions = (double)measurements[i].profile.instructions / SCRIPT_OPERATIONS;
        line->allocations = (double)measurements[i].allocations / SCRIPT_OPERATIONS;
    }
}

static double growth_of(const char *name)
{
    static const char *const of_texts[] = { "GET", "SET, same size", "MGET, 10 keys" };
    for (size_t i = 0; i < sizeof of_texts / sizeof of_texts[0]; i++)
        if (strcmp(name, of_texts[i]) == 0) return GROWTH_OF_TEXTS;
    return GROWTH;
}

static bool has_grown(const struct record_line *now, const struct record_line *before)
{
    return now->instructions > before->instructions * growth_of(now->name) ||
           now->allocations > before->allocations * GROWTH + ALLOCATIONS_EPS;
}

/* How many cases have grown, or are not recorded. */
static size_t print(const struct record *now, const struct record *before)
{
    static const char *const heads[] = { "request",  "depth",  "instructions", "recorded",
                                         "change %", "allocs", "recorded",     "" };
    struct table *table = ALLOC_NEW(struct table);
    size_t grown = 0;
    table->columns = sizeof heads / sizeof heads[0];
    for (size_t i = 0; i < table->columns; i++) table_add(table, "%s", heads[i]);
    for (size_t i = 0; i < now->len; i++) {
        const struct record_line *line = &now->lines[i];
        const struct record_line *old = record_find(before, line->name, line->depth);
        bool wrong = old == NULL || has_grown(line, old);
        table_add(table, "%s", line->name);
        table_add(table, "%" PRIu64, line->depth);
        table_add(table, "%.0f", line->instructions);
        table_add(table, old != NULL ? "%.0f" : "-", old != NULL ? old->instructions : 0);
        table_add(table, old != NULL ? "%+.1f" : "-",
                  old != NULL ? 100 * (line->instructions / old->instructions - 1) : 0);
        table_add(table, "%.2f", line->allocations);
        table_add(table, old != NULL ? "%.2f" : "-", old != NULL ? old->allocations : 0);
        table_add(table, "%s", old == NULL ? "not recorded" : wrong ? "GROWN" : "");
        grown += wrong;
    }
    table_print(table);
    alloc_free(table);
    return grown;
}

static void print_functions(const struct measurement *measurements, const char *part)
{
    size_t count;
    const struct script_case *cases = script_cases(&count);
    for (size_t i = 0; i < count; i++) {
        if (strstr(cases[i].name, part) == NULL) continue;
        printf("%s, depth %" PRIu64 ": %.1f\n", cases[i].name, cases[i].depth,
               (double)measurements[i].profile.instructions / SCRIPT_OPERATIONS);
        for (size_t j = 0; j < measurements[i].profile.functions_len && j < 25; j++)
            printf("%10.1f  %s\n",
                   (double)measurements[i].profile.functions[j].instructions / SCRIPT_OPERATIONS,
                   measurements[i].profile.functions[j].name);
    }
}

static int compare(const struct settings *settings)
{
    struct record before, now;
    record_read(&before, BENCH_INSTRUCTIONS);
    record_describe_build(now.build, sizeof now.build);
    bool comparable = settings->record || strcmp(before.build, now.build) == 0;
    if (settings->check && !comparable) {
        printf("skipped: the record is of %s; this is %s\n", before.build, now.build);
        return SKIPPED;
    }
    char program[PATH_MAX];
    size_t count;
    script_cases(&count);
    struct measurement *measurements = alloc_zeroed(count * sizeof *measurements);
    program_neighbour("instructions", program, sizeof program);
    measurement_run(program, measurements);
    collect(&now, measurements);
    size_t grown = print(&now, &before);
    if (settings->functions != NULL) print_functions(measurements, settings->functions);
    alloc_free(measurements);
    if (settings->record) record_write(&now, BENCH_INSTRUCTIONS);
    if (!settings->check || grown == 0) return EXIT_SUCCESS;
    printf("%zu cases grew by more than a tenth. If that is wanted: ./dev bench --record\n", grown);
    return PROGRAM_FAILED;
}

int main(int argc, char **argv)
{
    struct settings settings = { 0 };
    const struct option options[] = {
        { "check", OPTION_FLAG, &settings.check, NULL,
          "exit status 1 when a case has grown by a tenth, GET, SET or MGET by 3 %" },
        { "record", OPTION_FLAG, &settings.record, NULL, "write what is measured to bench/instructions.txt" },
        { "functions", OPTION_TEXT, &settings.functions, "PART",
          "also by function, where the name has PART" },
        { "script", OPTION_FLAG, &settings.script, NULL, "only run the script: what valgrind is given" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings.script) {
        script_run();
        return EXIT_SUCCESS;
    }
    if (!measurement_is_possible()) {
        printf("skipped: there is no valgrind here\n");
        return SKIPPED;
    }
    return compare(&settings);
}
