/*
 * dump - what it costs to say a large value as bytes and to take it from them, beside redis-server.
 *
 * Servers take turns on core 0, this program has core 1. For each type redis-server makes a value of a
 * million elements; what its DUMP says of it is what all are to RESTORE. The number is the server's CPU time
 * by the scheduler's account, receiving and sending included.
 *
 * Exit status 1 when a value was not restored or, with --strict, a limit is exceeded.
 */
#include <errno.h>
#include <fcntl.h>
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
#include "bench/kit/servers/server.h"
#include "bench/survey/contest.h"
#include "bench/survey/finding.h"

#define ROUNDS     5
#define MILLION    1000000
#define LOAD_DEPTH 1000

static const struct {
    const char *name, *request;
    double dump_limit, restore_limit;
} cases[] = {
    { "hash", "HSET key f{+1000000} {=16}", 0.6, 0.6 },
    { "set", "SADD key member:::{+1000000}", 0, 0 },
    { "sorted set", "ZADD key {9999999}.{9999999} member:::{+1000000}", 0, 0 },
    { "list", "RPUSH key element::{+1000000}", 0, 0 },
    { "stream", "XADD key 1-{+1000001} field1 {=16} field2 {=16}", 0, 0 },
};
#define CASES (sizeof cases / sizeof *cases)

static struct contest contest;

static void fill(const struct server *server, const char *request)
{
    static struct trial trial;
    struct workload_options options = { .request = request, .seed = 1 };
    struct load_options load = { .clients = 1, .depth = LOAD_DEPTH, .workload = workload_create(&options) };
    trial_run_requests(&trial, server, load, MILLION);
    workload_destroy(&load.workload);
}

static void read_whole(int fd, char *to, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, to, len);
        if (got <= 0) program_fail("a payload did not come: %s", got == 0 ? "closed" : strerror(errno));
        to += got;
        len -= (size_t)got;
    }
}

/* The number in the header of a string. */
static size_t read_header(int fd)
{
    char line[32];
    size_t len = 0;
    do {
        read_whole(fd, &line[len++], 1);
    } while (line[len - 1] != '\n' && len < sizeof line);
    if (line[0] != '$') program_fail("DUMP: %.*s", (int)len, line);
    return strtoul(line + 1, NULL, 10);
}

/* What the server says of the key. */
static void dump(const struct server *server, struct buffer *payload)
{
    static const char request[] = "*2\r\n$4\r\nDUMP\r\n$3\r\nkey\r\n";
    int fd = address_connect(&server->address);
    if (fd < 0) program_fail("connect: %s", strerror(errno));
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    if (write(fd, request, sizeof request - 1) < 0) program_fail("write: %s", strerror(errno));
    size_t len = read_header(fd);
    payload->len = 0;
    read_whole(fd, buffer_reserve(payload, len + 2), len + 2);
    buffer_commit(payload, len);
    close(fd);
}

static void restore(const struct server *server, const struct buffer *payload)
{
    static const char *const before[] = { "RESTORE", "key", "0" };
    struct exchange client;
    exchange_open(&client, &server->address);
    exchange_begin(&client, 4);
    for (size_t i = 0; i < 3; i++) exchange_argument(&client, before[i], strlen(before[i]));
    exchange_argument(&client, payload->data, payload->len);
    exchange_turn(&client, 1);
    contest.failed |= client.replies.errors > 0;
    if (client.replies.errors > 0) fprintf(stderr, "%s: %s\n", server->name, client.replies.first_error);
    exchange_close(&client);
}

/* What was there may be freed behind the scenes, which is not to be counted. */
static void forget(const struct server *server)
{
    exchange_ask(&server->address, 2, (const char *const[]){ "DEL", "key" });
    usleep(400000);
}

static double ms_since(const struct server *server, uint64_t before)
{
    return (double)(server_cpu_ns(server) - before) / 1e6;
}

static void measure(const struct server *server, const struct buffer *payload, struct samples *dumps,
                    struct samples *restores)
{
    struct buffer said = { 0 };
    server_resume(server);
    forget(server);
    uint64_t before = server_cpu_ns(server);
    restore(server, payload);
    samples_add(restores, ms_since(server, before));
    before = server_cpu_ns(server);
    dump(server, &said);
    samples_add(dumps, ms_since(server, before));
    server_pause(server);
    buffer_clear(&said);
}

static void make(const char *request, struct buffer *payload)
{
    const struct server *redis = &contest.peers.items[REDIS];
    server_resume(redis);
    forget(redis);
    server_pause(redis);
    fill(redis, request);
    server_resume(redis);
    dump(redis, payload);
    server_pause(redis);
}

static enum finding_limit kind_of(double limit)
{
    return limit > 0 ? LIMIT_OF_REDIS : LIMIT_NONE;
}

static void measure_case(size_t i)
{
    struct buffer payload = { 0 };
    double dump_limit = cases[i].dump_limit, restore_limit = cases[i].restore_limit;
    fprintf(stderr, "dump: a %s\n", cases[i].name);
    struct finding *restores = findings_add(&contest.findings, "ms", kind_of(restore_limit), restore_limit,
                                            "RESTORE of a %s of 1,000,000", cases[i].name);
    struct finding *dumps = findings_add(&contest.findings, "ms", kind_of(dump_limit), dump_limit,
                                         "DUMP of a %s of 1,000,000", cases[i].name);
    make(cases[i].request, &payload);
    for (uint64_t round = 0; round < contest.rounds; round++)
        for (size_t peer = 0; peer < contest.peers.len; peer++)
            measure(&contest.peers.items[peer], &payload, &dumps->values[peer], &restores->values[peer]);
    buffer_clear(&payload);
}

int main(int argc, char **argv)
{
    contest_parse(&contest, argc, argv, &(struct contest_description){ "dump", ROUNDS, NULL });
    contest_start(&contest);
    for (size_t i = 0; i < CASES; i++) measure_case(i);
    return contest_end(&contest);
}
