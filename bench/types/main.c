/*
 * types - what operations on collections cost, and what the collections take, beside redis-server.
 *
 * Servers take turns on core 0, the load has core 1. Operations are sent over 50 connections, 16 at a time on
 * each; their number is the server's CPU time by the scheduler's account. What is taken from a collection is
 * put there again before each round, which is not counted. Bytes are what `used_memory` has grown by, less
 * the payload and the 16 bytes of each key, for each element. The last rows delete a hash of a million
 * fields: how long its client waits, and how long somebody else who asks for a key 5,000 times a second.
 *
 * VALKEY_SERVER and REDIS8_SERVER name further servers. Exit status 1 when a server replied an error or, with
 * --strict, a limit is exceeded.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kit/clock.h"
#include "bench/kit/load/exchange.h"
#include "bench/kit/load/trial.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/server.h"
#include "bench/stall/probe.h"
#include "bench/survey/contest.h"
#include "bench/survey/finding.h"
#include "bench/types/cases.h"
#include "proto/base/alloc.h"

#define CLIENTS    50
#define DEPTH      16
#define LOAD_DEPTH 2000
#define KEY_BYTES  16
#define ROUNDS     3
#define SECONDS    0.4

struct types {
    struct contest contest;
    const char *only;
    struct trial trial;
};

/* Connections and requests in flight on each; 0 requests: for `seconds`. */
struct manner {
    uint64_t clients, depth, requests;
    double seconds;
};

static void send_requests(struct types *types, const struct server *server, const char *request,
                          struct manner manner, uint64_t seed)
{
    struct workload_options options = { .request = request, .seed = seed };
    struct workload *workload = workload_create(&options);
    struct load_options load = { .clients = manner.clients, .depth = manner.depth, .workload = workload };
    if (manner.requests > 0)
        trial_run_requests(&types->trial, server, load, manner.requests);
    else
        trial_run(&types->trial, server, load, manner.seconds);
    workload_destroy(&workload);
    if (types->trial.tally.errors == 0) return;
    if (!types->contest.failed)
        fprintf(stderr, "%s, %s: %s\n", server->name, request, types->trial.tally.first_error);
    types->contest.failed = true;
}

static void fill(struct types *types, const struct server *server, const char *request, uint64_t times)
{
    send_requests(types, server, request, (struct manner){ 1, LOAD_DEPTH, times, 0 }, 1);
}

static void ask(const struct server *server, const char *command, const char *argument)
{
    const char *const argv[] = { command, argument };
    server_resume(server);
    exchange_ask(&server->address, argument == NULL ? 1 : 2, argv);
    server_pause(server);
}

/* Does it hold one of the texts between the commas? */
static bool is_wanted(const struct types *types, const char *name)
{
    const char *texts = types->only;
    if (texts == NULL) return true;
    for (size_t len; *texts != '\0'; texts += len + (texts[len] == ',')) {
        len = strcspn(texts, ",");
        if (memmem(name, strlen(name), texts, len) != NULL) return true;
    }
    return false;
}

static bool is_needed(const struct types *types, const struct types_load *load)
{
    for (const struct types_operation *operation = types_operations; operation->name != NULL; operation++) {
        if (is_wanted(types, operation->name) && strstr(operation->request, load->key) != NULL) return true;
    }
    return false;
}

static void load_all(struct types *types)
{
    for (size_t peer = 0; peer < types->contest.peers.len; peer++) {
        fprintf(stderr, "types: collections of %s\n", types->contest.peers.items[peer].name);
        for (const struct types_load *load = types_loads; load->key != NULL; load++)
            if (is_needed(types, load))
                fill(types, &types->contest.peers.items[peer], load->request, load->times);
    }
}

static void measure(struct types *types, const struct types_operation *operation, struct finding *finding,
                    uint64_t round)
{
    struct manner manner = { CLIENTS, DEPTH, operation->requests, SECONDS };
    if (operation->is_long) manner.clients = manner.depth = 1;
    for (size_t peer = 0; peer < types->contest.peers.len; peer++) {
        const struct server *server = &types->contest.peers.items[peer];
        if (operation->refill != NULL) fill(types, server, operation->refill, operation->refills);
        send_requests(types, server, operation->request, manner, round + 1);
        samples_add(&finding->values[peer], types->trial.us_per_op);
    }
}

static void measure_operations(struct types *types)
{
    struct finding *findings[FINDINGS_MAX];
    const struct types_operation *operation;
    for (operation = types_operations; operation->name != NULL; operation++) {
        size_t i = (size_t)(operation - types_operations);
        findings[i] = NULL;
        if (is_wanted(types, operation->name))
            findings[i] = findings_add(&types->contest.findings, "us/op", LIMIT_OF_REDIS, operation->limit,
                                       "%s", operation->name);
    }
    load_all(types);
    for (uint64_t round = 0; round < types->contest.rounds; round++) {
        fprintf(stderr, "types: a round of operations\n");
        for (operation = types_operations; operation->name != NULL; operation++) {
            struct finding *finding = findings[operation - types_operations];
            if (finding != NULL) measure(types, operation, finding, round);
        }
    }
}

static uint64_t used_bytes(const struct server *server)
{
    server_resume(server);
    uint64_t bytes = info_number(&server->address, "used_memory:");
    server_pause(server);
    return bytes;
}

/* What was flushed may be freed behind the scenes. */
static uint64_t settled_bytes(const struct server *server)
{
    uint64_t bytes = used_bytes(server), before;
    do {
        before = bytes;
        server_resume(server);
        usleep(100000);
        bytes = used_bytes(server);
    } while (bytes < before);
    return bytes;
}

static double bytes_over_payload(struct types *types, const struct server *server,
                                 const struct types_memory *memory)
{
    ask(server, "FLUSHALL", "SYNC");
    uint64_t before = settled_bytes(server);
    fill(types, server, memory->request, memory->times);
    double grown = (double)(settled_bytes(server) - before);
    return (grown - (double)(memory->keys * KEY_BYTES)) / (double)memory->elements - memory->payload;
}

static void measure_memory(struct types *types)
{
    for (const struct types_memory *memory = types_memories; memory->name != NULL; memory++) {
        if (!is_wanted(types, memory->name)) continue;
        fprintf(stderr, "types: %s\n", memory->name);
        struct finding *finding = findings_add(&types->contest.findings, "B/element", LIMIT_ITSELF,
                                               memory->limit, "%s", memory->name);
        for (size_t peer = 0; peer < types->contest.peers.len; peer++) {
            const struct server *server = &types->contest.peers.items[peer];
            samples_add(&finding->values[peer], bytes_over_payload(types, server, memory));
        }
    }
}

#define DELETED_FIELDS 1000000
#define WATCHED_US     1000000

static double request_ms(struct exchange *exchange, size_t argc, const char *const *argv)
{
    uint64_t start_ns = clock_now_ns();
    exchange_begin(exchange, argc);
    for (size_t i = 0; i < argc; i++) exchange_argument(exchange, argv[i], strlen(argv[i]));
    exchange_turn(exchange, 1);
    return (double)(clock_now_ns() - start_ns) / 1e6;
}

/* What another client waits for at most while nothing happens: that is the machine's. */
static double idle_wait_ms(const struct server *server)
{
    struct probe probe;
    probe_start(&probe, &server->address);
    usleep(WATCHED_US);
    probe_stop(&probe);
    return (double)probe.latency_ns.max / 1e6;
}

/* The server is not paused while anybody waits for it, and knows the connection before it is asked. */
static void delete_once(const struct server *server, struct finding *own, struct finding *others, size_t peer)
{
    struct probe probe;
    struct exchange exchange;
    exchange_open(&exchange, &server->address);
    request_ms(&exchange, 1, (const char *const[]){ "PING" });
    probe_start(&probe, &server->address);
    usleep(WATCHED_US / 10);
    double ms = request_ms(&exchange, 2, (const char *const[]){ "DEL", "doomed" });
    usleep(WATCHED_US);
    probe_stop(&probe);
    exchange_close(&exchange);
    samples_add(&own->values[peer], ms);
    samples_add(&others->values[peer], (double)probe.latency_ns.max / 1e6);
}

static void measure_deleting(struct types *types)
{
    if (!is_wanted(types, "DEL")) return;
    struct findings *findings = &types->contest.findings;
    struct finding *own =
        findings_add(findings, "ms", LIMIT_ITSELF, 0.1, "DEL of 1,000,000 fields, its client");
    struct finding *idle = findings_add(findings, "ms", LIMIT_NONE, 0, "others at most, before it");
    struct finding *others =
        findings_add(findings, "ms", LIMIT_ITSELF, 2, "DEL of 1,000,000 fields, others at most");
    for (size_t peer = 0; peer < types->contest.peers.len; peer++) {
        const struct server *server = &types->contest.peers.items[peer];
        for (int round = 0; round < ROUNDS; round++) {
            fill(types, server, "HSET doomed f{+1000000} {=16}", DELETED_FIELDS);
            server_resume(server);
            samples_add(&idle->values[peer], idle_wait_ms(server));
            delete_once(server, own, others, peer);
            server_pause(server);
        }
    }
}

/* By the paths that the environment names. */
static void add_further_servers(struct option_texts *more)
{
    static char specs[2][600];
    static const char *const further[2][2] = { { "VALKEY_SERVER", "valkey" }, { "REDIS8_SERVER", "redis8" } };
    for (size_t i = 0; i < 2 && more->len < OPTION_TEXTS_MAX; i++) {
        const char *path = getenv(further[i][0]);
        if (path == NULL || *path == '\0') continue;
        snprintf(specs[i], sizeof specs[i], "%s=%s,--bind,127.0.0.1,--save,,--appendonly,no", further[i][1],
                 path);
        more->items[more->len++] = specs[i];
    }
}

int main(int argc, char **argv)
{
    struct types *types = ALLOC_NEW(struct types);
    struct contest *contest = &types->contest;
    const struct option added[] = {
        { "only", OPTION_TEXT, &types->only, "TEXT,...", "rows whose name holds one of these" },
        { 0 },
    };
    contest_parse(contest, argc, argv, &(struct contest_description){ "types", ROUNDS, added });
    add_further_servers(&contest->options.more);
    contest_start(contest);
    measure_operations(types);
    measure_memory(types);
    measure_deleting(types);
    int status = contest_end(contest);
    alloc_free(types);
    return status;
}
