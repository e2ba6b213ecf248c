#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/program.h"
#include "bench/tier/tier.h"
#include "proto/base/alloc.h"

#define WARMUP_S    0.1
#define SERVER_CORE 0
#define CLIENT_CORE 1

struct tier_row *tier_row(struct tier_bench *bench, struct tier_row row)
{
    if (bench->len == TIER_ROWS_MAX) program_fail("more than %d rows", TIER_ROWS_MAX);
    bench->rows[bench->len] = row;
    return &bench->rows[bench->len++];
}

double tier_figure(const struct tier_row *row)
{
    double of = samples_median(&row->samples[row->of]), by = samples_median(&row->samples[row->by]);
    if (row->of == row->by) return of;
    return row->difference ? of - by : by > 0 ? of / by : 0;
}

bool tier_row_is_fine(const struct tier_row *row)
{
    if (row->limit <= 0) return true;
    return row->at_least ? tier_figure(row) >= row->limit : tier_figure(row) <= row->limit;
}

void tier_flush(const struct server *server)
{
    exchange_ask(&server->address, 2, (const char *const[]){ "NEARCACHE", "FLUSH" });
}

static void bind_server(const struct server *server, int core)
{
    char path[64];
    if (server->pid == 0) return;
    snprintf(path, sizeof path, "/proc/%d/task", (int)server->pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) program_fail("%s has ended", server->name);
    for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
        if (task->d_name[0] != '.') program_pin_thread((pid_t)strtol(task->d_name, NULL, 10), core);
    }
    closedir(tasks);
}

void tier_set_apart(const struct tier_bench *bench, bool apart)
{
    if (sysconf(_SC_NPROCESSORS_ONLN) <= CLIENT_CORE) return;
    for (int i = 0; i < SERVERS; i++) bind_server(&bench->servers[i], apart ? SERVER_CORE : SERVER_ANY_CORE);
    bind_server(&bench->far_tier, apart ? SERVER_CORE : SERVER_ANY_CORE);
    program_pin(apart ? CLIENT_CORE : SERVER_ANY_CORE);
}

struct tier_measurement tier_measure(struct tier_bench *bench, const struct server *server,
                                     const struct tier_load *tier_load)
{
    struct load_tally *tally = ALLOC_NEW(struct load_tally);
    struct workload *workload =
        workload_create(&(struct workload_options){ .test = tier_load->test,
                                                    .request = tier_load->request,
                                                    .keys = tier_load->keys,
                                                    .value_bytes = TIER_VALUE_BYTES,
                                                    .first_key = tier_load->unread_from,
                                                    .sequential = tier_load->requests > 0,
                                                    .seed = tier_load->seed });
    struct load *load = load_open(&(struct load_options){ .address = server->address,
                                                          .clients = tier_load->clients,
                                                          .depth = tier_load->depth,
                                                          .workload = workload });
    if (tier_load->requests == 0) load_run(load, clock_ns_of_seconds(WARMUP_S), tally);
    uint64_t cpu_ns = server_cpu_ns(server);
    if (tier_load->requests == 0) {
        double seconds = tier_load->seconds > 0 ? tier_load->seconds : bench->seconds;
        load_run(load, clock_ns_of_seconds(seconds), tally);
    } else {
        load_run_requests(load, tier_load->requests, tally);
    }
    cpu_ns = server_cpu_ns(server) - cpu_ns;
    load_close(&load);
    workload_destroy(&workload);
    if (tally->errors > 0) {
        fprintf(stderr, "%s: %s\n", server->name, tally->first_error);
        bench->failed = true;
    }
    if (tally->replies == 0) program_fail("%s does not answer", server->name);
    struct tier_measurement measurement = {
        .us_per_op = (double)cpu_ns / 1e3 / (double)tally->replies,
        .kops = (double)tally->replies * 1e6 / (double)tally->elapsed_ns,
        .p50_us = (double)histogram_percentile(&tally->latency_ns, 0.5) / 1e3,
    };
    alloc_free(tally);
    return measurement;
}
