/* Connections that are there and do nothing: what they hold, and whether others notice. */
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/load/load.h"
#include "bench/load/preload.h"
#include "bench/load/program.h"
#include "bench/load/server.h"
#include "bench/load/workload.h"
#include "bench/survey/survey.h"

#define CONNECTIONS  5000
#define SPARE_FILES  200
#define IDLE_S       1
#define FEW_KEYS     100000
#define MEMORY_LIMIT 4096
#define CPU_LIMIT    2000 /* us a second: ten ticks of a timer */

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
    struct finding *bytes, *cpu, *active;
};

static struct load *open_idle(const struct server *server, struct workload *ping, uint64_t count,
                              struct load_tally *tally)
{
    struct load *load = load_open(
        &(struct load_options){ .address = server->address, .clients = count, .depth = 1, .workload = ping });
    load_run_requests(load, count, tally); /* each has been used once */
    return load;
}

static void measure(struct survey *survey, struct server *server, uint64_t connections,
                    const struct rows *rows, size_t peer)
{
    struct workload *ping = workload_create(&(struct workload_options){ .test = "ping" });
    server_start(server, survey->alone ? SURVEY_SERVER_CORE : SERVER_ANY_CORE);
    preload_keys(&server->address, FEW_KEYS, SURVEY_VALUE_BYTES, false);
    /* What a first batch makes grow is there before. */
    survey_try(survey, server, &(struct survey_load){ "get", 16, .keys = FEW_KEYS }, 0);
    server_resume(server);
    uint64_t rss = server_rss_bytes(server);
    struct load *idle = open_idle(server, ping, connections, &survey->trial.tally);
    samples_add(&rows->bytes->values[peer],
                (double)(int64_t)(server_rss_bytes(server) - rss) / (double)connections);

    sleep(IDLE_S);
    uint64_t cpu_ns = server_cpu_ns(server);
    sleep(IDLE_S);
    samples_add(&rows->cpu->values[peer], (double)(server_cpu_ns(server) - cpu_ns) / 1e3 / IDLE_S);

    survey_try(survey, server, &(struct survey_load){ "get", 1, .keys = FEW_KEYS }, 0);
    samples_add(&rows->active->values[peer], survey->trial.us_per_op);
    server_resume(server);
    load_close(&idle);
    server_stop(server);
    workload_destroy(&ping);
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
    };
    for (size_t peer = 0; peer < survey->peers.len; peer++) {
        struct server server = survey->peers.items[peer];
        if (strcmp(server.name, "floor") == 0) continue;
        measure(survey, &server, connections, &rows, peer);
    }
}
