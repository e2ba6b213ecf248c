/*
 * clients - what it costs that a server remembers something of a client, beside redis-server: the keys that
 * it has read (CLIENT TRACKING), and its transaction.
 *
 * Servers take turns on core 0, the load has core 1. The number is the server's CPU time by the scheduler's
 * account, for each read, of eight clients with 16 on their way at a time, or for each transaction, of 50
 * clients. Reads are of keys drawn from 100,000 that all of them have read before. Bytes of a key are
 * what `used_memory` grows by when one client reads each of them once.
 *
 * Exit status 1 when a server replied an error or, with --strict, a limit is exceeded.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/load/trial.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/contest.h"
#include "bench/survey/finding.h"
#include "proto/base/alloc.h"

#define CLIENTS     50
#define DEPTH       16
#define KEYS        500000
#define VALUE_BYTES 32
#define ROUNDS      5
#define SECONDS     0.4
#define READERS     8
#define READ_KEYS   UINT64_C(100000)
#define READ        "GET key:00000{100000}"
#define READ_ABSENT "GET abs:00000{+500000}"
#define READ_EACH   "GET key:00000{+500000}"
#define TRACK       "HELLO 3\r\nCLIENT TRACKING ON\r\n"

static struct contest contest;

static void look_for_errors(const struct server *server, const struct load_tally *tally)
{
    if (tally->errors == 0) return;
    fprintf(stderr, "%s: %s\n", server->name, tally->first_error);
    contest.failed = true;
}

/* CPU time of a request in microseconds. The server is going on, and does so afterwards. */
static double cost_of(const struct server *server, const struct workload_options *requests,
                      struct load_options load)
{
    struct workload *workload = workload_create(requests);
    struct trial trial = { 0 };
    load.workload = workload;
    if (load.clients == 0) load.clients = CLIENTS;
    trial_run(&trial, server, load, contest.quick ? SECONDS / 2 : SECONDS);
    server_resume(server);
    workload_destroy(&workload);
    look_for_errors(server, &trial.tally);
    return trial.us_per_op;
}

/* Of reads by few clients, who have read each key before. */
static void measure_reads(const struct server *server, const char *opening, struct samples *costs)
{
    struct workload_options reads = { .request = READ, .seed = 1 };
    struct load_options options = { .address = server->address,
                                    .clients = READERS,
                                    .depth = DEPTH,
                                    .workload = workload_create(&reads),
                                    .opening = opening,
                                    .opening_replies = opening != NULL ? 2 : 0 };
    struct load_tally *tally = ALLOC_NEW(struct load_tally);
    struct load *load = load_open(&options);
    load_run_requests(load, (opening != NULL ? 5 : 1) * READERS * READ_KEYS, tally);
    for (uint64_t round = 0; round < contest.rounds; round++) {
        uint64_t before = server_cpu_ns(server);
        load_run_requests(load, contest.quick ? READ_KEYS : 4 * READ_KEYS, tally);
        samples_add(costs, (double)(server_cpu_ns(server) - before) / 1000 / (double)tally->replies);
        look_for_errors(server, tally);
    }
    load_close(&load);
    alloc_free(tally);
    workload_destroy(&options.workload);
}

/* One client that tracks reads so many keys, each of them once. */
static void read_each(struct exchange *client, const char *text, size_t keys)
{
    struct workload_options reads = { .request = text };
    struct workload *workload = workload_create(&reads);
    for (size_t done = 0; done < keys; done += 1000) {
        for (size_t i = 0; i < 1000; i++) workload_append(workload, &client->out);
        exchange_turn(client, 1000);
    }
    workload_destroy(&workload);
}

static void open_tracker(struct exchange *client, const struct server *server)
{
    exchange_open(client, &server->address);
    buffer_append(&client->out, TRACK, strlen(TRACK));
    exchange_turn(client, 2);
}

/* Bytes that a tracked key takes. */
static double bytes_of(const struct server *server, const char *text)
{
    struct exchange client;
    open_tracker(&client, server);
    read_each(&client, text, 1000);
    uint64_t before = info_number(&server->address, "used_memory:");
    read_each(&client, text, KEYS);
    uint64_t after = info_number(&server->address, "used_memory:");
    exchange_close(&client);
    return ((double)after - (double)before) / (KEYS - 1000);
}

static void forget_all(const struct server *server)
{
    exchange_ask(&server->address, 1, (const char *const[]){ "FLUSHALL" });
    usleep(300000);
}

static void measure_tracking(void)
{
    struct finding *tracked =
        findings_add(&contest.findings, "us", LIMIT_OF_REDIS, 0.6, "GET that is tracked");
    struct finding *plain = findings_add(&contest.findings, "us", LIMIT_NONE, 0, "GET that is not");
    struct finding *times =
        findings_add(&contest.findings, "times", LIMIT_ITSELF, 1.15, "the one / the other");
    struct finding *present = findings_add(&contest.findings, "bytes", LIMIT_OF_REDIS, 0.6, "a tracked key");
    struct finding *absent =
        findings_add(&contest.findings, "bytes", LIMIT_OF_REDIS, 0.6, "one that does not exist");
    for (size_t peer = 0; peer < contest.peers.len; peer++) {
        const struct server *server = &contest.peers.items[peer];
        server_resume(server);
        preload_keys(&server->address, KEYS, VALUE_BYTES, false);
        samples_add(&present->values[peer], bytes_of(server, READ_EACH));
        forget_all(server);
        preload_keys(&server->address, READ_KEYS, VALUE_BYTES, false);
        measure_reads(server, NULL, &plain->values[peer]);
        measure_reads(server, TRACK, &tracked->values[peer]);
        samples_add(&times->values[peer],
                    samples_median(&tracked->values[peer]) / samples_median(&plain->values[peer]));
        forget_all(server);
        samples_add(&absent->values[peer], bytes_of(server, READ_ABSENT));
        forget_all(server);
        server_pause(server);
    }
}

/* Steps draw the same numbers: of a million keys in all. */
#define SET(name) "SET " name ":{100000} {=32}"

static const char *const ten_sets[] = { "MULTI",  SET("a"), SET("b"), SET("c"), SET("d"), SET("e"), SET("f"),
                                        SET("g"), SET("h"), SET("i"), SET("j"), "EXEC",   NULL };
static const char *const compare_and_set[] = {
    "WATCH key:{100000}", "GET key:{100000}", "MULTI", SET("key"), "EXEC", NULL
};

/* `depth` requests at a time are whole transactions of `length`, or steps of one. */
static void measure_transactions(const char *name, const char *const *steps, size_t length, size_t depth,
                                 double limit)
{
    struct workload_options requests = { .steps = steps, .seed = 1 };
    struct finding *finding =
        findings_add(&contest.findings, "us", limit > 0 ? LIMIT_OF_REDIS : LIMIT_NONE, limit, "%s", name);
    for (size_t peer = 0; peer < contest.peers.len; peer++) {
        const struct server *server = &contest.peers.items[peer];
        server_resume(server);
        for (uint64_t round = 0; round < contest.rounds; round++) {
            double cost = cost_of(server, &requests, (struct load_options){ .depth = depth });
            samples_add(&finding->values[peer], cost * (double)length);
        }
        server_pause(server);
    }
}

int main(int argc, char **argv)
{
    bool no_transactions = false;
    const struct option added[] = {
        { "no-transactions", OPTION_FLAG, &no_transactions, NULL, "leave them out" },
        { 0 },
    };
    contest_parse(&contest, argc, argv, &(struct contest_description){ "clients", ROUNDS, added });
    contest_start(&contest);
    measure_tracking();
    if (!no_transactions) {
        measure_transactions("MULTI, 10 SETs, EXEC, one on its way", ten_sets, 12, 12, 0);
        measure_transactions("MULTI, 10 SETs, EXEC, 8 on their way", ten_sets, 12, 8 * 12, 0.5);
        measure_transactions("WATCH, GET, MULTI, SET, EXEC by turns", compare_and_set, 5, 1, 0.85);
    }
    return contest_end(&contest);
}
