/*
 * survey - everything that is claimed about speed, in one table.
 *
 * Servers take turns on core 0, the load has core 1; see survey.h for the parts. The whole takes less than
 * ten minutes, with --quick less than one, in which medians are single values, 10 million keys are left out,
 * and what is counted is counted of Redis and Nuthatch only.
 *
 * Exit status 1 when a server replied an error or, with --strict, a limit is exceeded.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench/kit/load/preload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/report/report.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/survey.h"
#include "proto/base/alloc.h"

/* What all trials of operations may take together, and what each takes besides. */
#define OPERATIONS_S  240.0
#define TRIALS        23.0
#define TRIAL_EXTRA_S 0.2
#define ROUNDS        5
#define SHORTEST_S    0.2
#define QUICK_S       0.1

struct settings {
    bool quick, strict, no_json, alone;
    const char *only, *json, *commit;
    struct peers_options peers;
};

static const struct part {
    const char *name;
    void (*run)(struct survey *survey);
    bool is_long; /* not for --quick */
} parts[] = {
    { "operations", survey_operations, false },
    { "loops", survey_loops, false },
    { "keys", survey_keys, true },
    { "latency", survey_latency, false },
    { "counts", survey_counts, false },
    { "idle", survey_idle, false },
};
#define PARTS (sizeof parts / sizeof parts[0])

static bool is_part(const char *name)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(parts[i].name, name) == 0) return true;
    return false;
}

static void parse(int argc, char **argv, struct settings *settings)
{
    const struct option options[] = {
        { "quick", OPTION_FLAG, &settings->quick, NULL, "in less than a minute, and roughly" },
        { "only", OPTION_TEXT, &settings->only, "PART", "operations, loops, keys, latency, counts or idle" },
        PEERS_OPTIONS(&settings->peers),
        { "no-others", OPTION_FLAG, &settings->alone, NULL, "leave out what else is installed" },
        { "strict", OPTION_FLAG, &settings->strict, NULL, "exit status 1 when a limit is exceeded" },
        { "commit", OPTION_TEXT, &settings->commit, "ID", "to be noted in the JSON" },
        { "json", OPTION_TEXT, &settings->json, "FILE", "(bench/results/DATE-survey.json)" },
        { "no-json", OPTION_FLAG, &settings->no_json, NULL, "write no file" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (settings->only != NULL && !is_part(settings->only))
        program_fail("no part is called %s", settings->only);
    settings->peers.floor = true;
    if (!settings->alone) peers_add_installed(&settings->peers);
}

static void start(struct survey *survey)
{
    survey->alone = sysconf(_SC_NPROCESSORS_ONLN) > SURVEY_CLIENT_CORE;
    if (!survey->alone) survey_say("one core only: client and server share it, and the numbers are rough");
    if (survey->alone && !program_pin(SURVEY_CLIENT_CORE)) program_fail("no core for the load");
    /* The kernel may delay a sleeper by 50 us to save power, which an open loop would count as latency. */
    prctl(PR_SET_TIMERSLACK, 1);
    survey_say("a million keys for each server");
    for (size_t i = 0; i < survey->peers.len; i++) {
        struct server *server = &survey->peers.items[i];
        server_start(server, survey->alone ? SURVEY_SERVER_CORE : SERVER_ANY_CORE);
        preload_keys(&server->address, SURVEY_KEYS, SURVEY_VALUE_BYTES, false);
        server_pause(server);
    }
}

static void choose_times(struct survey *survey)
{
    survey->rounds = survey->quick ? 1 : ROUNDS;
    survey->seconds = QUICK_S;
    if (survey->quick) return;
    survey->seconds = OPERATIONS_S / (TRIALS * (double)(survey->peers.len - 1) * ROUNDS) - TRIAL_EXTRA_S;
    if (survey->seconds > 1) survey->seconds = 1;
    if (survey->seconds < SHORTEST_S) survey->seconds = SHORTEST_S;
}

static void write_report(const struct survey *survey, const struct settings *settings)
{
    struct report report;
    report_open(&report, settings->json, "survey");
    if (settings->commit != NULL) report_text(&report, "commit", settings->commit);
    report_number(&report, "rounds", (double)survey->rounds);
    report_number(&report, "seconds", survey->seconds);
    report_begin(&report, "servers", '{');
    for (size_t i = 0; i < survey->peers.len; i++) {
        char version[256];
        server_version(&survey->peers.items[i], version, sizeof version);
        report_text(&report, survey->peers.items[i].name, version);
    }
    report_end(&report, '}');
    findings_report(&survey->findings, &survey->peers, &report);
    report_close(&report);
    fprintf(stderr, "written to %s\n", report.path);
}

int main(int argc, char **argv)
{
    struct settings settings = { 0 };
    parse(argc, argv, &settings);
    struct survey *survey = ALLOC_NEW(struct survey);
    survey->quick = settings.quick;
    peers_init(&survey->peers, &settings.peers);
    choose_times(survey);

    start(survey);
    for (size_t i = 0; i < PARTS; i++) {
        if (settings.only != NULL ? strcmp(parts[i].name, settings.only) == 0
                                  : !(survey->quick && parts[i].is_long))
            parts[i].run(survey);
    }
    for (size_t i = 0; i < survey->peers.len; i++) server_stop(&survey->peers.items[i]);

    findings_print(&survey->findings, &survey->peers);
    if (!settings.no_json) write_report(survey, &settings);
    bool failed =
        survey->failed || (settings.strict && findings_above(&survey->findings, &survey->peers) > 0);
    alloc_free(survey);
    return failed ? PROGRAM_FAILED : EXIT_SUCCESS;
}
