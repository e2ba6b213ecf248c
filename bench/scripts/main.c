/*
 * scripts - what Lua costs, beside redis-server.
 *
 * Servers take turns on core 0, the load has core 1. The number is the server's CPU time by the scheduler's
 * account for each call, of 50 connections with one or 16 on their way at a time. One script reads a key and
 * writes it, of 100,000 that are drawn; another does nothing. FCALL is of a function that does as the first.
 *
 * One script runs at a time, however many loops there are. The last rows say what that costs: the first
 * script on a server of two loops, by what it costs on one of a single loop, and by what it costs on two
 * servers of a single loop that share the load. They run on any core.
 *
 * Exit status 1 when a server replied an error or, with --strict, a limit is exceeded.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/load/preload.h"
#include "bench/kit/load/trial.h"
#include "bench/kit/load/workload.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/contest.h"
#include "bench/survey/finding.h"
#include "server/script/sha1.h"

#define CLIENTS     50
#define DEPTH       16
#define ROUNDS      5
#define SECONDS     0.4
#define KEYS        100000
#define VALUE_BYTES 32
#define REQUEST_MAX 256
#define NUTHATCH    1 /* among the peers */

/* A request's words have no spaces in them: Lua takes tabs as well. */
#define BODY    "redis.call('GET',KEYS[1])return\tredis.call('SET',KEYS[1],ARGV[1])"
#define LIBRARY "#!lua name=bench\nredis.register_function('get_set',function(KEYS,ARGV)" BODY "\tend)"
#define KEY     "key:00000{100000}"

static struct contest contest;
static struct trial trial;
static char evalsha[REQUEST_MAX];

static void look_for_errors(const struct server *server, const char *request)
{
    if (trial.tally.errors == 0) return;
    fprintf(stderr, "%s, %s: %s\n", server->name, request, trial.tally.first_error);
    contest.failed = true;
}

static void prepare(const struct server *server)
{
    server_resume(server);
    preload_keys(&server->address, KEYS, VALUE_BYTES, false);
    exchange_ask(&server->address, 3, (const char *const[]){ "SCRIPT", "LOAD", BODY });
    exchange_ask(&server->address, 4, (const char *const[]){ "FUNCTION", "LOAD", "REPLACE", LIBRARY });
    server_pause(server);
}

static void write_evalsha(void)
{
    char digest[SHA1_HEX + 1];
    struct sha1 sha1 = sha1_of(SLICE(BODY));
    sha1_write(&sha1, digest);
    snprintf(evalsha, sizeof evalsha, "EVALSHA %s 1 " KEY " {=32}", digest);
}

static struct load_options load_of(const char *request, uint64_t depth, uint64_t round)
{
    struct workload_options options = { .request = request, .seed = round + 1 };
    return (struct load_options){ .clients = CLIENTS, .depth = depth, .workload = workload_create(&options) };
}

static double seconds(void)
{
    return contest.quick ? SECONDS / 2 : SECONDS;
}

static void measure_calls(const char *name, const char *request, uint64_t depth, double limit)
{
    struct finding *finding =
        findings_add(&contest.findings, "us/op", limit > 0 ? LIMIT_OF_REDIS : LIMIT_NONE, limit, "%s", name);
    for (uint64_t round = 0; round < contest.rounds; round++) {
        for (size_t peer = 0; peer < contest.peers.len; peer++) {
            const struct server *server = &contest.peers.items[peer];
            if (peer_is_floor(server)) continue;
            struct load_options load = load_of(request, depth, round);
            trial_run(&trial, server, load, seconds());
            workload_destroy(&load.workload);
            look_for_errors(server, request);
            samples_add(&finding->values[peer], trial.us_per_op);
        }
    }
}

enum { ONE, ANOTHER, TWO, SERVERS };

static double cost_of(const struct server servers[SERVERS], bool shared, int server, uint64_t depth,
                      uint64_t round)
{
    const struct server *const pair[] = { &servers[ONE], &servers[ANOTHER] };
    struct load_options load = load_of(evalsha, depth, round);
    if (shared)
        trial_run_two(&trial, pair, load, seconds());
    else
        trial_run(&trial, &servers[server], load, seconds());
    workload_destroy(&load.workload);
    look_for_errors(&servers[server], evalsha);
    return trial.us_per_op;
}

static void compare_loops(const struct server servers[SERVERS], const char *name, uint64_t depth)
{
    struct finding *by_one =
        findings_add(&contest.findings, "ratio", LIMIT_NONE, 0, "%s: two loops / one", name);
    struct finding *by_servers =
        findings_add(&contest.findings, "ratio", LIMIT_NONE, 0, "%s: two loops / two servers", name);
    for (uint64_t round = 0; round < contest.rounds; round++) {
        double two = cost_of(servers, false, TWO, depth, round);
        samples_add(&by_one->values[NUTHATCH], two / cost_of(servers, false, ONE, depth, round));
        samples_add(&by_servers->values[NUTHATCH], two / cost_of(servers, true, ONE, depth, round));
    }
}

static void measure_loops(void)
{
    static const char *const arguments[SERVERS] = {
        [ONE] = "--bind,127.0.0.1,--threads,1",
        [ANOTHER] = "--bind,127.0.0.1,--threads,1",
        [TWO] = "--bind,127.0.0.1,--threads,2",
    };
    struct server servers[SERVERS];
    for (int i = 0; i < SERVERS; i++) {
        server_init(&servers[i], "nuthatch", contest.peers.items[NUTHATCH].path, arguments[i]);
        server_start(&servers[i], SERVER_ANY_CORE);
        prepare(&servers[i]);
    }
    compare_loops(servers, "EVALSHA", 1);
    compare_loops(servers, "EVALSHA, depth 16", DEPTH);
    for (int i = 0; i < SERVERS; i++) server_stop(&servers[i]);
}

int main(int argc, char **argv)
{
    contest_parse(&contest, argc, argv, &(struct contest_description){ "scripts", ROUNDS, NULL });
    contest_start(&contest);
    write_evalsha();
    for (size_t peer = 0; peer < contest.peers.len; peer++)
        if (!peer_is_floor(&contest.peers.items[peer])) prepare(&contest.peers.items[peer]);
    measure_calls("EVALSHA of a GET and a SET", evalsha, 1, 0.85);
    measure_calls("EVALSHA of a GET and a SET, depth 16", evalsha, DEPTH, 0.7);
    measure_calls("FCALL of the same, depth 16", "FCALL get_set 1 " KEY " {=32}", DEPTH, 0);
    measure_calls("EVAL 'return 1', depth 16", "EVAL return\t1 0", DEPTH, 0.7);
    measure_loops();
    return contest_end(&contest);
}
