/*
 * coherence - is what the tier answers coherent with its upstream, whatever goes wrong between them?
 *
 *     build/release/tests/coherence --seconds 60
 *     build/release/tests/coherence --reads 10000000 --seconds 600
 *     build/release/tests/coherence --upstream-program nuthatch --fields 1
 *
 * Plays pieces of some seconds, each with a seed of its own and, unless --tracking or --on-failure is given,
 * with another near-cache-tracking and upstream-on-failure. Prints the seed, and at the end how many reads
 * were checked. On a violation it prints the history of the key, makes the run smaller while it still fails,
 * and prints the options that play it again. Exit status 1 then.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/scenarios/faults/fault.h"
#include "tests/scenarios/operations/operation.h"
#include "tests/scenarios/reduction.h"
#include "tests/scenarios/run.h"
#include "tests/support/pace.h"

#define SLICE_MS     6000
#define REDUCTION_MS 120000

struct request_line {
    struct plan plan;
    int64_t total_ms;
    uint64_t reads;
    bool reduce;
    bool varied;
};

_Noreturn static void fail(const char *what, const char *value)
{
    fprintf(stderr, "coherence: %s %s\n", what, value);
    exit(2);
}

static const struct {
    const char *name;
    size_t field;
    unsigned least, most;
} counts[] = {
    { "--instances", offsetof(struct plan, instances), 1, 2 },
    { "--clients", offsetof(struct plan, clients), 1, 1000 },
    { "--direct", offsetof(struct plan, direct_clients), 1, 1000 },
    { "--keys", offsetof(struct plan, keys), 6, 100000 },
    { "--depth", offsetof(struct plan, depth), 1, 1000 },
    { "--writes", offsetof(struct plan, writes), 0, 1000 },
    { "--direct-writes", offsetof(struct plan, direct_writes), 0, 1000 },
    { "--databases", offsetof(struct plan, databases), 1, 2 },
    { "--threads", offsetof(struct plan, threads), 1, 64 },
    { "--pool", offsetof(struct plan, pool), 1, 100000 },
    { "--chained", offsetof(struct plan, chained), 0, 1 },
    { "--upstream-threads", offsetof(struct plan, upstream_threads), 1, 16 },
    { "--heartbeat", offsetof(struct plan, heartbeat_ms), 10, 100000 },
    { "--timeout", offsetof(struct plan, timeout_ms), 10, 100000 },
    { "--stale", offsetof(struct plan, stale_s), 1, 60 },
    { "--max-ttl", offsetof(struct plan, max_ttl_ms), 1, 100000 },
    { "--fill-after", offsetof(struct plan, fill_after), 0, 1000 },
    { "--fields", offsetof(struct plan, fields), 0, 2 },
    { "--mistakes", offsetof(struct plan, mistakes), 0, 7 },
};

static bool parse_count(struct plan *plan, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char *end;
        if (strcmp(name, counts[i].name) != 0) continue;
        unsigned long number = strtoul(value, &end, 10);
        if (*end != '\0' || number < counts[i].least || number > counts[i].most) fail(name, value);
        *(unsigned *)(void *)((char *)plan + counts[i].field) = (unsigned)number;
        return true;
    }
    return false;
}

static enum subject parse_subject(const char *value)
{
    if (strcmp(value, "tier") == 0) return SUBJECT_TIER;
    if (strcmp(value, "wire") == 0) return SUBJECT_WIRE;
    if (strcmp(value, "forgetful") == 0) return SUBJECT_FORGETFUL;
    fail("--subject is tier, wire or forgetful, not", value);
}

static void parse_option(struct request_line *line, const char *name, const char *value)
{
    struct plan *plan = &line->plan;
    if (parse_count(plan, name, value)) return;
    if (strcmp(name, "--seed") == 0) {
        plan->seed = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--seconds") == 0) {
        line->total_ms = (int64_t)(strtod(value, NULL) * 1000);
    } else if (strcmp(name, "--reads") == 0) {
        line->reads = strtoull(value, NULL, 10);
    } else if (strcmp(name, "--subject") == 0) {
        plan->subject = parse_subject(value);
    } else if (strcmp(name, "--upstream-program") == 0) {
        plan->upstream_program = value;
    } else if (strcmp(name, "--tracking") == 0) {
        plan->tracking = value;
        line->varied = false;
    } else if (strcmp(name, "--on-failure") == 0) {
        plan->on_failure = value;
        line->varied = false;
    } else if (strcmp(name, "--operations") == 0) {
        if (!operation_parse_names(value, &plan->operations)) fail("no such operation in", value);
    } else if (strcmp(name, "--faults") == 0) {
        if (!fault_parse_names(value, &plan->faults)) fail("no such fault in", value);
    } else {
        fail("unknown option", name);
    }
}

static void print_help(void)
{
    struct buffer names = { 0 };
    buffer_printf(&names, "operations:");
    for (size_t i = 0; i < operation_count(); i++) buffer_printf(&names, " %s", operation_name(i));
    buffer_printf(&names, "\nfaults: ");
    fault_print_names(((UINT64_C(1) << fault_count()) - 1) & ~UINT64_C(1), &names);
    buffer_printf(&names, ",delay\ndefaults: ");
    struct plan plan = plan_default(1);
    plan_print(&plan, &names);
    printf("coherence [--seconds S] [--reads N] [--seed N] [--no-reduction] [options of a plan]\n%.*s\n",
           (int)names.len, names.data);
    buffer_clear(&names);
}

static void parse(int argc, char **argv, struct request_line *line)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            exit(0);
        }
        if (strcmp(argv[i], "--no-reduction") == 0) {
            line->reduce = false;
            continue;
        }
        if (i + 1 == argc) fail("a value is missing after", argv[i]);
        parse_option(line, argv[i], argv[i + 1]);
        i++;
    }
}

static void print_plan(const char *title, const struct plan *plan)
{
    struct buffer text = { 0 };
    plan_print(plan, &text);
    printf("%s: coherence %.*s\n", title, (int)text.len, text.data);
    fflush(stdout);
    buffer_clear(&text);
}

static void print_outcome(const struct plan *plan, const struct outcome *outcome)
{
    printf("seed %" PRIu64 ", tracking %s, on failure %s: ", plan->seed, plan->tracking, plan->on_failure);
    printf("%" PRIu64 " reads checked, %" PRIu64 " writes, %" PRIu64 " refused, %" PRIu64 " lost, %" PRIu64
           " torn, %" PRIu64 " from typed copies, %" PRIu64 " faults in %.1f s:%.*s\n",
           outcome->reads, outcome->writes, outcome->refused, outcome->lost, outcome->torn,
           outcome->typed_hits, outcome->faults, (double)outcome->elapsed_ms / 1000,
           (int)outcome->fault_list.len, outcome->fault_list.data);
    fflush(stdout);
}

/* It failed: as small as it gets, and told. */
static void explain(struct request_line *line, struct plan plan, struct outcome *outcome)
{
    printf("%.*s\n", (int)outcome->report.len, outcome->report.data);
    print_plan("violation with", &plan);
    if (!line->reduce) return;
    reduce(&plan, outcome, REDUCTION_MS * PACE);
    printf("\nreduced:\n%.*s\n", (int)outcome->report.len, outcome->report.data);
    print_plan("reduced to", &plan);
}

int main(int argc, char **argv)
{
    struct request_line line = {
        .plan = plan_default((uint64_t)time(NULL)), .total_ms = 60000, .reduce = true, .varied = true
    };
    uint64_t reads = 0;
    bool failed = false;
    parse(argc, argv, &line);
    print_plan("plan", &line.plan);
    int64_t started_ms = pace_now_ms();
    /* In pieces, each with a seed of its own and servers that are started afresh. */
    while (!failed && pace_now_ms() - started_ms < line.total_ms && (line.reads == 0 || reads < line.reads)) {
        struct plan plan = line.plan;
        struct outcome outcome;
        if (line.varied) plan_vary(&plan);
        int64_t left_ms = line.total_ms - (pace_now_ms() - started_ms);
        plan.duration_ms = left_ms < SLICE_MS ? left_ms : SLICE_MS;
        plan.reads = line.reads == 0 ? 0 : line.reads - reads;
        run_play(&plan, &outcome);
        print_outcome(&plan, &outcome);
        reads += outcome.reads;
        failed = outcome.failed;
        if (failed) explain(&line, plan, &outcome);
        outcome_clear(&outcome);
        line.plan.seed++;
    }
    printf("%" PRIu64 " checked reads in %.1f s, %s\n", reads, (double)(pace_now_ms() - started_ms) / 1000,
           failed ? "1 violation" : "0 violations");
    return failed;
}
