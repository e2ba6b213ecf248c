#include "bench/kit/load/trial.h"

#include "bench/kit/clock.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/server.h"

#define WARMUP_S   0.15
#define PATIENCE_S 30

static void count(struct trial *trial, const struct server *server, uint64_t cpu_ns)
{
    const struct load_tally *tally = &trial->tally;
    if (tally->replies == 0) program_fail("%s does not answer", server->name);
    trial->us_per_op = (double)cpu_ns / 1e3 / (double)tally->replies;
    trial->kops = (double)tally->replies * 1e6 / (double)tally->elapsed_ns;
}

static uint64_t cpu_ns_of(const struct server *server, const struct server *other)
{
    return server_cpu_ns(server) + (other != NULL ? server_cpu_ns(other) : 0);
}

/* `other` may be NULL. */
static void run(struct trial *trial, const struct server *server, const struct server *other,
                struct load_options options, double seconds)
{
    options.address = server->address;
    options.other = other != NULL ? &other->address : NULL;
    server_resume(server);
    if (other != NULL) server_resume(other);
    struct load *load = load_open(&options);
    load_run(load, clock_ns_of_seconds(WARMUP_S), &trial->tally);
    uint64_t cpu_ns;
    do {
        cpu_ns = cpu_ns_of(server, other);
        load_run(load, clock_ns_of_seconds(seconds), &trial->tally);
        cpu_ns = cpu_ns_of(server, other) - cpu_ns;
        seconds *= 2; /* large values on a busy machine: not one was done in time */
    } while (trial->tally.replies == 0 && seconds < PATIENCE_S);
    load_close(&load);
    server_pause(server);
    if (other != NULL) server_pause(other);
    count(trial, server, cpu_ns);
}

void trial_run(struct trial *trial, const struct server *server, struct load_options options, double seconds)
{
    run(trial, server, NULL, options, seconds);
}

void trial_run_two(struct trial *trial, const struct server *const servers[2], struct load_options options,
                   double seconds)
{
    run(trial, servers[0], servers[1], options, seconds);
}

void trial_run_requests(struct trial *trial, const struct server *server, struct load_options options,
                        uint64_t requests)
{
    options.address = server->address;
    server_resume(server);
    struct load *load = load_open(&options);
    uint64_t cpu_ns = server_cpu_ns(server);
    load_run_requests(load, requests, &trial->tally);
    cpu_ns = server_cpu_ns(server) - cpu_ns;
    load_close(&load);
    server_pause(server);
    count(trial, server, cpu_ns);
}
