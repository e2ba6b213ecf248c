/* What can be counted instead of timed. */
#include <stdint.h>
#include <string.h>

#include "bench/instructions/measurement.h"
#include "bench/instructions/script.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/survey.h"
#include "bench/survey/syscalls.h"
#include "proto/base/alloc.h"

#define SYSCALL_REQUESTS 100000
#define ALLOCATION_LIMIT 1

static bool count_syscalls(struct survey *survey, const struct server *server, const struct survey_load *load,
                           double *per_request)
{
    struct syscalls syscalls;
    uint64_t count;
    server_resume(server);
    if (!syscalls_start(&syscalls, server->pid)) return false;
    survey_try(survey, server, load, 0);
    if (!syscalls_stop(&syscalls, &count)) return false;
    *per_request = (double)count / (double)survey->trial.tally.replies;
    return true;
}

static void survey_syscalls(struct survey *survey)
{
    static const struct {
        const char *name, *test;
        uint64_t depth;
        double limit;
    } cases[] = {
        { "GET: system calls", "get", 1, 2.8 },
        { "SET: system calls", "set", 1, 2.8 },
        { "GET, depth 16: system calls", "get", 16, 0.18 },
        { "SET, depth 16: system calls", "set", 16, 0.18 },
    };
    survey_say("system calls");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct finding *finding =
            findings_add(&survey->findings, "per request", LIMIT_ITSELF, cases[i].limit, "%s", cases[i].name);
        uint64_t requests = SYSCALL_REQUESTS * (cases[i].depth > 1 ? 5 : 1);
        const struct survey_load load = { cases[i].test, cases[i].depth,
                                          .requests = survey->quick ? requests / 4 : requests };
        for (size_t peer = 0; peer < survey->peers.len; peer++) {
            double per_request;
            if (survey_passes_over(survey, peer)) continue;
            if (count_syscalls(survey, &survey->peers.items[peer], &load, &per_request))
                samples_add(&finding->values[peer], per_request);
        }
        if (finding->values[NUTHATCH].len > 0) continue;
        survey_say("system calls cannot be counted here: no perf, or no right to it");
        survey->findings.len--;
        return;
    }
}

static void add_counts(struct survey *survey, const struct script_case *script_case,
                       const struct measurement *measurement)
{
    struct findings *findings = &survey->findings;
    unsigned long depth = (unsigned long)script_case->depth;
    struct finding *instructions = findings_add(findings, "per request", LIMIT_NONE, 0,
                                                "%s, depth %lu: instructions", script_case->name, depth);
    samples_add(&instructions->values[NUTHATCH],
                (double)measurement->profile.instructions / SCRIPT_OPERATIONS);

    bool reads = strcmp(script_case->test, "get") == 0;
    bool is_new = script_case->order == SCRIPT_NEW; /* pays for the growth of the table too */
    struct finding *allocations =
        findings_add(findings, "per request", is_new ? LIMIT_NONE : LIMIT_ITSELF,
                     reads ? 0 : ALLOCATION_LIMIT, "%s, depth %lu: allocations", script_case->name, depth);
    /* To the hundredth: a buffer that has grown once is no allocation of a request. */
    uint64_t hundredths = measurement->allocations * 100 / SCRIPT_OPERATIONS;
    samples_add(&allocations->values[NUTHATCH], (double)hundredths / 100);
}

static void survey_instructions(struct survey *survey)
{
    char program[1024];
    size_t count;
    const struct script_case *cases = script_cases(&count);
    if (!measurement_is_possible()) {
        survey_say("instructions and allocations cannot be counted here: no valgrind");
        return;
    }
    survey_say("instructions and allocations");
    struct measurement *measurements = alloc_zeroed(count * sizeof *measurements);
    program_neighbour("instructions", program, sizeof program);
    measurement_run(program, measurements);
    for (size_t i = 0; i < count; i++) {
        bool wanted = strcmp(cases[i].test, "get") == 0 || strcmp(cases[i].test, "set") == 0;
        if (wanted && cases[i].depth > 1) add_counts(survey, &cases[i], &measurements[i]);
    }
    alloc_free(measurements);
}

void survey_counts(struct survey *survey)
{
    survey_syscalls(survey);
    survey_instructions(survey);
}
