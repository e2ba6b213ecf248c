/*
 * streams - what streams cost and what they take, beside redis-server.
 *
 * Servers take turns on core 0, the load has core 1. The number is the server's CPU time by the scheduler's
 * account for each request, of 50 connections with 16 on their way at a time; of a group's reader it is that
 * of an XREADGROUP of one entry with the XACK of the same entry, on one connection with 16 such pairs on
 * their way. Entries have two fields with names of six bytes and values of sixteen. Bytes are what
 * `used_memory` grows by, of each of a million entries, and of each that is pending.
 *
 * Exit status 1 when a server replied an error or, with --strict, a limit is exceeded.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/load/trial.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/info.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/contest.h"
#include "bench/survey/finding.h"

#define CLIENTS    50
#define DEPTH      16
#define LOAD_DEPTH 1000
#define ROUNDS     5
#define SECONDS    0.4
#define ENTRIES    1000000
#define SETTLE_US  UINT64_C(500000)
#define PAIRS      200000 /* of XREADGROUP and XACK, in a round */

#define FIELDS   " field1 {=16} field2 {=16}"
#define ADD      "XADD stream 1-{+1000001}" FIELDS
#define ADD_NEXT "XADD added *" FIELDS
#define TAIL     "XREAD STREAMS stream 1-999998"
#define RANGE    "XRANGE stream 1-{#1000000} + COUNT 10"
#define READ     "XREADGROUP GROUP group reader COUNT 1 STREAMS stream >"
#define ACK      "XACK stream group 1-{+1000001}"
#define READ_ALL "XREADGROUP GROUP group reader COUNT 1000 STREAMS stream >"

#define ENTRY_MAX   41 /* bytes: three less than names and values have */
#define PENDING_MAX 31

static struct contest contest;
static struct trial trial;

static void look_for_errors(const struct server *server, const char *request)
{
    if (trial.tally.errors == 0) return;
    fprintf(stderr, "%s, %s: %s\n", server->name, request, trial.tally.first_error);
    contest.failed = true;
}

static void send_all(const struct server *server, const char *request, uint64_t times, uint64_t depth)
{
    struct workload_options options = { .request = request };
    struct load_options load = { .clients = 1, .depth = depth, .workload = workload_create(&options) };
    trial_run_requests(&trial, server, load, times);
    workload_destroy(&load.workload);
    look_for_errors(server, request);
}

static void ask(const struct server *server, size_t argc, const char *const *argv)
{
    server_resume(server);
    exchange_ask(&server->address, argc, argv);
    server_pause(server);
}

static double used_bytes(const struct server *server)
{
    server_resume(server);
    double bytes = (double)info_number(&server->address, "used_memory:");
    server_pause(server);
    return bytes;
}

/* What is done behind the scenes after much was freed is not the requests' that follow. */
static void settle(const struct server *server)
{
    uint64_t before, now = server_cpu_ns(server);
    do {
        before = now;
        usleep(SETTLE_US);
        now = server_cpu_ns(server);
    } while (now - before > SETTLE_US * 1000 / 50);
}

static void begin_group(const struct server *server)
{
    static const char *const destroy[] = { "XGROUP", "DESTROY", "stream", "group" };
    static const char *const create[] = { "XGROUP", "CREATE", "stream", "group", "0" };
    ask(server, 4, destroy);
    ask(server, 5, create);
}

/* The stream and its group stay. */
static void measure_memory(void)
{
    struct finding *entry =
        findings_add(&contest.findings, "bytes", LIMIT_ITSELF, ENTRY_MAX, "an entry of 44 bytes");
    struct finding *pending =
        findings_add(&contest.findings, "bytes", LIMIT_ITSELF, PENDING_MAX, "a pending entry");
    for (size_t peer = 0; peer < contest.peers.len; peer++) {
        const struct server *server = &contest.peers.items[peer];
        double empty = used_bytes(server);
        send_all(server, ADD, ENTRIES, LOAD_DEPTH);
        double full = used_bytes(server);
        begin_group(server);
        double before = used_bytes(server);
        send_all(server, READ_ALL, ENTRIES / 1000, 1);
        samples_add(&entry->values[peer], (full - empty) / ENTRIES);
        samples_add(&pending->values[peer], (used_bytes(server) - before) / ENTRIES);
    }
}

static void measure_requests(const char *name, const char *request, double limit)
{
    struct finding *finding = findings_add(&contest.findings, "us/op", LIMIT_OF_REDIS, limit, "%s", name);
    for (uint64_t round = 0; round < contest.rounds; round++) {
        for (size_t peer = 0; peer < contest.peers.len; peer++) {
            struct workload_options options = { .request = request, .seed = round + 1 };
            struct load_options load = { .clients = CLIENTS,
                                         .depth = DEPTH,
                                         .workload = workload_create(&options) };
            trial_run(&trial, &contest.peers.items[peer], load, contest.quick ? SECONDS / 2 : SECONDS);
            workload_destroy(&load.workload);
            look_for_errors(&contest.peers.items[peer], request);
            samples_add(&finding->values[peer], trial.us_per_op);
        }
    }
}

/* One connection reads and acknowledges by turns, so that each XACK is of the entry that was read before it.
 * The next pairs are sent when all replies have come, lest the servers differ in how many requests they find.
 */
static double pair_cost(const struct server *server)
{
    static const char *const steps[] = { READ, ACK, NULL };
    struct workload_options options = { .steps = steps };
    struct workload *workload = workload_create(&options);
    struct exchange client;
    begin_group(server);
    server_resume(server);
    settle(server);
    exchange_open(&client, &server->address);
    uint64_t before = server_cpu_ns(server);
    for (uint64_t sent = 0; sent < 2 * PAIRS; sent += 2 * DEPTH) {
        for (uint64_t i = 0; i < 2 * DEPTH; i++) workload_append_nth(workload, sent + i, &client.out);
        exchange_turn(&client, 2 * DEPTH);
    }
    double us = (double)(server_cpu_ns(server) - before) / 1000 / PAIRS;
    if (client.replies.errors > 0) program_fail("%s: %s", server->name, client.replies.first_error);
    exchange_close(&client);
    server_pause(server);
    workload_destroy(&workload);
    return us;
}

/* Nothing is left if every acknowledgement was of what was pending. */
static void expect_none_pending(const struct server *server)
{
    server_resume(server);
    struct exchange client;
    exchange_open(&client, &server->address);
    exchange_begin(&client, 3);
    exchange_argument(&client, "XPENDING", 8);
    exchange_argument(&client, "stream", 6);
    exchange_argument(&client, "group", 5);
    exchange_turn(&client, 1);
    /* An integer and three nulls; of two there would be two texts instead. */
    if (client.replies.bulk_bytes > 0) program_fail("%s: what was read is still pending", server->name);
    exchange_close(&client);
    server_pause(server);
}

static void measure_groups(void)
{
    struct finding *finding =
        findings_add(&contest.findings, "us/pair", LIMIT_OF_REDIS, 0.5, "XREADGROUP and XACK");
    for (uint64_t round = 0; round < contest.rounds; round++) {
        for (size_t peer = 0; peer < contest.peers.len; peer++) {
            samples_add(&finding->values[peer], pair_cost(&contest.peers.items[peer]));
            expect_none_pending(&contest.peers.items[peer]);
        }
    }
}

int main(int argc, char **argv)
{
    contest_parse(&contest, argc, argv, &(struct contest_description){ "streams", ROUNDS, NULL });
    contest_start(&contest);
    measure_memory();
    measure_requests("XADD", ADD_NEXT, 0.55);
    measure_requests("XREAD of the last of 1,000,000", TAIL, 0.45);
    measure_requests("XRANGE of 10, anywhere", RANGE, 0.6);
    measure_groups();
    return contest_end(&contest);
}
