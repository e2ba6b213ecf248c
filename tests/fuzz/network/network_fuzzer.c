/*
 * network_fuzzer - does the server stand what clients may do to it over the network?
 *
 *     build/asan/tests/network_fuzzer --seconds 60
 *     build/asan/tests/network_fuzzer --seed 42 --seconds 4
 *
 * Plays storms of some seconds, each with a seed of its own and a server that is started afresh. Prints each
 * seed. What its clients had said when something went wrong is left in a directory. Exit status 1 then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/fuzz/network/storm.h"
#include "tests/support/pace.h"

#define STORM_MS 4000

struct line {
    struct storm_plan plan;
    int64_t total_ms;
    const char *keep;
    unsigned failures; /* after so many it ends */
};

_Noreturn static void fail(const char *what, const char *value)
{
    fprintf(stderr, "network_fuzzer: %s %s\n", what, value);
    exit(2);
}

static void parse(int argc, char **argv, struct line *line)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        if (strcmp(name, "--seconds") == 0) {
            line->total_ms = (int64_t)(strtod(value, NULL) * 1000);
        } else if (strcmp(name, "--seed") == 0) {
            line->plan.seed = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--guests") == 0) {
            line->plan.guests = (unsigned)strtoul(value, NULL, 10);
        } else if (strcmp(name, "--storm") == 0) {
            line->plan.duration_ms = (int64_t)(strtod(value, NULL) * 1000);
        } else if (strcmp(name, "--failures") == 0) {
            line->failures = (unsigned)strtoul(value, NULL, 10);
        } else if (strcmp(name, "--keep") == 0) {
            line->keep = value;
        } else {
            fail("unknown option", name);
        }
    }
    if (argc % 2 == 0) fail("a value is missing after", argv[argc - 1]);
    if (line->plan.guests == 0 || line->plan.guests > 2000) fail("--guests is 1 to 2000,", "not this");
}

static void print_outcome(const struct storm_plan *plan, const struct storm_outcome *outcome)
{
    printf("seed %" PRIu64 ": %" PRIu64 " visits, %.1f MiB said, %.1f MiB heard, at most %" PRId64
           " MiB resident%s\n",
           plan->seed, outcome->visits, (double)outcome->bytes_said / (1 << 20),
           (double)outcome->bytes_heard / (1 << 20), outcome->peak_bytes >> 20,
           outcome->failed ? ": FAILED" : "");
    if (outcome->failed) printf("%.*s", (int)outcome->report.len, outcome->report.data);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct line line = {
        .plan = { .seed = (uint64_t)time(NULL), .guests = 200, .duration_ms = STORM_MS },
        .total_ms = 60000,
        .keep = "/tmp",
        .failures = 1,
    };
    unsigned storms = 0, failed = 0;
    parse(argc, argv, &line);
    int64_t started_ms = pace_now_ms();
    while (failed < line.failures && pace_now_ms() - started_ms < line.total_ms) {
        struct storm_outcome outcome;
        char keep[400];
        snprintf(keep, sizeof keep, "%s/network-%" PRIu64, line.keep, line.plan.seed);
        line.plan.keep_path = keep;
        storm_play(&line.plan, &outcome);
        print_outcome(&line.plan, &outcome);
        storms++;
        failed += outcome.failed;
        storm_outcome_clear(&outcome);
        line.plan.seed++;
    }
    printf("%u storms, %u failed\n", storms, failed);
    return failed > 0;
}
