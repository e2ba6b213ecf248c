/* CPU time per operation of every server, in rounds that touch each of them one right after the other. */
#include <stdint.h>
#include <string.h>

#include "bench/kit/load/preload.h"
#include "bench/kit/servers/server.h"
#include "bench/survey/survey.h"

#define KB         ((uint64_t)1024)
#define MB         ((uint64_t)1024 * 1024)
#define COUNTERS   10000000 /* numbers of keys that other operations must not meet */
#define DOOMED     20000000
#define LARGE      30000000
#define LASTING    40000000
#define OTHER_KEYS 100000
#define FEW        8 /* connections where a value is large: their buffers hold one each */

struct operation {
    const char *name;
    struct survey_load load;
    double of_redis, of_floor; /* limits; the floor is asked only where it has one */
    bool reads_its_own;        /* keys that are not there from the start */
};

/* Ahead of Redis is what is asked of those without a figure of their own. */
#define AHEAD 1.0

static const struct operation operations[] = {
    { "GET", { "get", .depth = 1 }, .of_redis = 0.88, .of_floor = 1.06 },
    { "GET, depth 16", { "get", .depth = 16 }, .of_redis = 0.42 },
    { "GET, depth 64", { "get", .depth = 64 }, .of_redis = 0.21 },
    { "SET", { "set", .depth = 1 }, .of_redis = 0.90, .of_floor = 1.08 },
    { "SET, depth 16", { "set", .depth = 16 }, .of_redis = 0.39 },
    { "SET, depth 64", { "set", .depth = 64 }, .of_redis = 0.21 },
    { "GET, 500 connections", { "get", .depth = 1, .clients = 500 }, .of_redis = AHEAD },
    { "MGET of 10 keys", { "mget", .depth = 1, .batch = 10 }, .of_redis = AHEAD },
    { "MGET of 100 keys", { "mget", .depth = 1, .batch = 100 }, .of_redis = AHEAD },
    { "MSET of 10 keys", { "mset", .depth = 1, .batch = 10 }, .of_redis = AHEAD },
    { "MSET of 100 keys", { "mset", .depth = 1, .batch = 100 }, .of_redis = AHEAD },
    { "INCR, depth 16",
      { "incr", .depth = 16, .first_key = COUNTERS, .keys = OTHER_KEYS },
      .of_redis = AHEAD },
    { "EXPIRE, depth 16",
      { "expire", .depth = 16, .first_key = LASTING, .keys = OTHER_KEYS },
      .of_redis = AHEAD,
      .reads_its_own = true },
    { "DEL, depth 16",
      { "del", .depth = 16, .first_key = DOOMED, .keys = OTHER_KEYS, .requests = OTHER_KEYS },
      .of_redis = AHEAD },
    { "EXISTS, depth 16", { "exists", .depth = 16 }, .of_redis = AHEAD },
    { "GET of 1 KB",
      { "get", .depth = 1, .first_key = LARGE, .keys = 10000, .value = KB },
      .of_redis = AHEAD,
      .reads_its_own = true },
    { "SET of 1 KB",
      { "set", .depth = 1, .first_key = LARGE, .keys = 10000, .value = KB },
      .of_redis = AHEAD },
    { "GET of 16 KB",
      { "get", .depth = 1, .first_key = LARGE + MB, .keys = 2048, .value = 16 * KB },
      .of_redis = AHEAD,
      .reads_its_own = true },
    { "SET of 16 KB",
      { "set", .depth = 1, .first_key = LARGE + MB, .keys = 2048, .value = 16 * KB },
      .of_redis = AHEAD },
    { "GET of 256 KB",
      { "get", 1, FEW, LARGE + 2 * MB, 128, .value = 256 * KB },
      .of_redis = AHEAD,
      .reads_its_own = true },
    { "SET of 256 KB", { "set", 1, FEW, LARGE + 2 * MB, 128, .value = 256 * KB }, .of_redis = AHEAD },
    { "GET of 4 MB",
      { "get", 1, FEW, LARGE + 3 * MB, 8, .value = 4 * MB },
      .of_redis = AHEAD,
      .reads_its_own = true },
    { "SET of 4 MB", { "set", 1, FEW, LARGE + 3 * MB, 8, .value = 4 * MB }, .of_redis = AHEAD },
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

/* The keys of a load, where they are others than those that stand there from the start. */
static void set_keys(const struct server *server, const struct survey_load *load)
{
    server_resume(server);
    preload_range(&server->address, load->first_key, load->keys,
                  load->value > 0 ? load->value : SURVEY_VALUE_BYTES);
    server_pause(server);
}

static void prepare(struct survey *survey)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        const struct survey_load *load = &operations[i].load;
        for (size_t peer = 0; operations[i].reads_its_own && peer < survey->peers.len; peer++) {
            const struct server *server = &survey->peers.items[peer];
            if (!peer_is_floor(server) && survey_can(server, load)) set_keys(server, load);
        }
    }
}

static void measure(struct survey *survey, const struct operation *operation, struct finding *finding,
                    uint64_t round)
{
    for (size_t peer = 0; peer < survey->peers.len; peer++) {
        const struct server *server = &survey->peers.items[peer];
        if (peer_is_floor(server) && operation->of_floor <= 0) continue;
        if (!survey_can(server, &operation->load)) continue;
        if (operation->load.requests > 0) set_keys(server, &operation->load); /* it takes them away */
        survey_try(survey, server, &operation->load, round);
        samples_add(&finding->values[peer], survey->trial.us_per_op);
    }
}

void survey_operations(struct survey *survey)
{
    size_t first = survey->findings.len;
    survey_say("operations: large values, keys with a deadline");
    prepare(survey);
    for (size_t i = 0; i < OPERATIONS; i++) {
        struct finding *finding = findings_add(&survey->findings, "us/op", LIMIT_OF_REDIS,
                                               operations[i].of_redis, "%s", operations[i].name);
        finding->floor_limit = operations[i].of_floor;
    }
    for (uint64_t round = 0; round < survey->rounds; round++) {
        survey_say("operations: a round");
        for (size_t i = 0; i < OPERATIONS; i++)
            measure(survey, &operations[i], &survey->findings.items[first + i], round);
    }
}
