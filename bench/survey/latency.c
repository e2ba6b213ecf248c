/* Requests that are due at fixed times: the latency of those that the server kept waiting longest. */
#include <string.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/load.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/survey.h"

#define RATE     30000
#define WARMUP_S 0.3
#define ROUND_S  1.2
/* Many and short, since what is met in one second is not what is met in the next. */
#define ROUNDS 13

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
    load_run(load, clock_ns_of_seconds(WARMUP_S), tally);
    load_run(load, clock_ns_of_seconds(ROUND_S), tally);
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
    size_t peers = survey->peers.len;
    for (uint64_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < peers; i++) {
            size_t peer = round % 2 == 0 ? i : peers - 1 - i;
            measure(survey, &survey->peers.items[peer], rows, peer);
        }
    }
    program_go_first(false);
}
