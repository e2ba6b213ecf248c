/* Connections that are there and do nothing: what they hold, and whether others notice. */
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/kit/load/load.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/survey.h"

#define CONNECTIONS  5000
#define SPARE_FILES  200
#define IDLE_S       1
#define FEW_KEYS     100000
#define MEMORY_LIMIT 4096
#define CPU_LIMIT    2000 /* us a second: ten ticks of a timer */
#define SLOWER_LIMIT 1.10

/* The server, which inherits it, needs one for each connection too. */
static uint64_t raise_file_limit(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < SPARE_FILES * 2) program_fail("too few files may be open");
    uint64_t possible = limit.rlim_cur - SPARE_FILES;
    return possible < CONNECTIONS ? possible : CONNECTIONS;
}

struct rows {
    struct finding *bytes, *cpu, *active, *slower;
};

static struct load *open_idle(const struct server *server, uint64_t count, struct load_tally *tally)
{
    struct workload *get = workload_create(
        &(struct workload_options){ .protocol = server->protocol, .test = "get", .keys = FEW_KEYS });
    struct load *load = load_open(
        &(struct load_options){ .address = server->address, .clients = count, .depth = 1, .workload = get });
    load_run_requests(load, count, tally); /* each has been used once */
    workload_destroy(&get);                /* nobody sends any more */
    return load;
}

static struct load *measure_memory(struct survey *survey, const struct server *server, uint64_t connections,
                                   struct samples *bytes)
{
    uint64_t rss = server_rss_bytes(server);
    struct load *idle = open_idle(server, connections, &survey->trial.tally);
    samples_add(bytes, (double)(int64_t)(server_rss_bytes(server) - rss) / (double)connections);
    return idle;
}

static void measure_cpu(const struct server *server, struct samples *us_per_s)
{
    sleep(IDLE_S);
    uint64_t cpu_ns = server_cpu_ns(server);
    sleep(IDLE_S);
    samples_add(us_per_s, (double)(server_cpu_ns(server) - cpu_ns) / 1e3 / IDLE_S);
}

/* What a GET costs, by the connections of the survey's load. */
static double active_us(struct survey *survey, const struct server *server, uint64_t turn)
{
    survey_try_shortly(survey, server, &(struct survey_load){ "get", 1, .keys = FEW_KEYS }, turn);
    return survey->trial.us_per_op;
}

static void measure_active(struct survey *survey, const struct server *alone, const struct server *among,
                           const struct rows *rows, size_t peer)
{
    for (uint64_t turn = 0; turn < survey_turns(survey); turn++) {
        double first_us = active_us(survey, turn % 2 == 0 ? alone : among, turn);
        double second_us = active_us(survey, turn % 2 == 0 ? among : alone, turn);
        double alone_us = turn % 2 == 0 ? first_us : second_us;
        double among_us = turn % 2 == 0 ? second_us : first_us;
        samples_add(&rows->active->values[peer], among_us);
        samples_add(&rows->slower->values[peer], among_us / alone_us);
    }
}

static void start(struct survey *survey, struct server *server)
{
    server_start(server, survey->alone ? SURVEY_SERVER_CORE : SERVER_ANY_CORE);
    preload_keys(&server->address, FEW_KEYS, SURVEY_VALUE_BYTES, false);
    /* What a first batch makes grow is there before. */
    survey_try(survey, server, &(struct survey_load){ "get", 16, .keys = FEW_KEYS }, 0);
}

static void measure(struct survey *survey, const struct server *peer_server, uint64_t connections,
                    const struct rows *rows, size_t peer)
{
    struct server alone = *peer_server, among = *peer_server;
    start(survey, &alone);
    start(survey, &among);
    server_resume(&among);
    struct load *idle = measure_memory(survey, &among, connections, &rows->bytes->values[peer]);
    measure_cpu(&among, &rows->cpu->values[peer]);
    server_pause(&among);
    measure_active(survey, &alone, &among, rows, peer);
    load_close(&idle);
    server_stop(&alone);
    server_stop(&among);
}

void survey_idle(struct survey *survey)
{
    uint64_t connections = raise_file_limit();
    survey_say("idle connections");
    struct findings *findings = &survey->findings;
    const struct rows rows = {
        .bytes = findings_add(findings, "bytes each", LIMIT_ITSELF, MEMORY_LIMIT, "%lu idle connections",
                              (unsigned long)connections),
        .cpu = findings_add(findings, "us/s", LIMIT_ITSELF, CPU_LIMIT, "%lu idle connections: CPU",
                            (unsigned long)connections),
        .active = findings_add(findings, "us/op", LIMIT_OF_REDIS, 0.88, "GET, 50 active among them"),
        .slower =
            findings_add(findings, "ratio", LIMIT_ITSELF, SLOWER_LIMIT, "GET, 50 active: among them / alone"),
    };
    for (size_t peer = 0; peer < survey->peers.len; peer++) {
        const struct server *server = &survey->peers.items[peer];
        if (peer_is_floor(server) || survey_passes_over(survey, peer)) continue;
        measure(survey, server, connections, &rows, peer);
    }
}
