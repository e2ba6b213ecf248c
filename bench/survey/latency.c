/* Requests that are due at fixed times: the latency of those that the server kept waiting longest. */
#include <string.h>

#include "bench/load/clock.h"
#include "bench/load/load.h"
#include "bench/load/server.h"
#include "bench/load/workload.h"
#include "bench/survey/survey.h"

#define RATE     30000
#define WARMUP_S 1.0 /* and a third of it when it has to be quick */
#define ROUND_S  3.0
#define QUICK_S  1.2
#define ROUNDS   5

static void measure(struct survey *survey, const struct server *server, struct finding *const rows[2],
                    size_t peer)
{
    struct load_tally *tally = &survey->trial.tally;
    struct workload *workload = workload_create(&(struct workload_options){
        .protocol = server->protocol, .test = "get", .keys = SURVEY_KEYS, .seed = 1 });
    server_resume(server);
    struct load *load = load_open(&(struct load_options){ .address = server->address,
                                                          .clients = SURVEY_CLIENTS,
                                                          .depth = 1,
                                                          .rate = RATE,
                                                          .workload = workload });
    load_run(load, clock_ns_of_seconds(survey->quick ? WARMUP_S / 3 : WARMUP_S), tally);
    load_run(load, clock_ns_of_seconds(survey->quick ? QUICK_S : ROUND_S), tally);
    load_close(&load);
    server_pause(server);
    workload_destroy(&workload);
    samples_add(&rows[0]->values[peer], (double)histogram_percentile(&tally->latency_ns, 0.5) / 1e3);
    samples_add(&rows[1]->values[peer], (double)histogram_percentile(&tally->latency_ns, 0.999) / 1e3);
}

void survey_latency(struct survey *survey)
{
    survey_say("latency at 30,000 requests a second");
    struct finding *const rows[] = {
        findings_add(&survey->findings, "us", LIMIT_NONE, 0, "GET at 30,000/s: p50"),
        findings_add(&survey->findings, "us", LIMIT_OF_BEST, 1, "GET at 30,000/s: p99.9"),
    };
    uint64_t rounds = survey->quick ? 1 : ROUNDS;
    program_go_first(true);
    for (uint64_t round = 0; round < rounds; round++) {
        for (size_t peer = 0; peer < survey->peers.len; peer++)
            measure(survey, &survey->peers.items[peer], rows, peer);
    }
    program_go_first(false);
}
