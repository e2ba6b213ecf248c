/*
 * survey.h - what all parts of the survey share: servers that stand ready, and the findings.
 *
 * Each part adds the rows of its cases. Servers in `peers` run, hold SURVEY_KEYS keys, and are stopped
 * (server_pause) but for the one that is being measured.
 *
 * Threads: one.
 */
#ifndef BENCH_SURVEY_SURVEY_H
#define BENCH_SURVEY_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/kit/load/trial.h"
#include "bench/kit/servers/peers.h"
#include "bench/survey/finding.h"

#define SURVEY_KEYS        1000000
#define SURVEY_VALUE_BYTES 32
#define SURVEY_CLIENTS     50
#define SURVEY_SERVER_CORE 0
#define SURVEY_CLIENT_CORE 1

struct survey {
    bool quick;
    uint64_t rounds;
    double seconds; /* of one trial */
    bool alone;     /* there is a core for the server and one for the load */
    struct peers peers;
    struct findings findings;
    struct trial trial;
    bool failed; /* an error reply was seen */
};

/* CPU time per operation: depths, commands, sizes of values. */
void survey_operations(struct survey *survey);
/* Ours beside ours: two loops beside one, 10 million keys beside 100,000. */
void survey_loops(struct survey *survey);
void survey_keys(struct survey *survey);
/* 5,000 connections that do nothing, and 50 among them. */
void survey_idle(struct survey *survey);
/* The open loop's latencies. */
void survey_latency(struct survey *survey);
/* System calls by perf, allocations and instructions by callgrind; rows are left out where those are missing.
 */
void survey_counts(struct survey *survey);

/* A load of the survey: SURVEY_CLIENTS connections and `test` on the keys from `first_key` on. */
struct survey_load {
    const char *test;
    uint64_t depth;
    uint64_t clients; /* 0: SURVEY_CLIENTS */
    uint64_t first_key;
    uint64_t keys;     /* 0: SURVEY_KEYS */
    uint64_t value;    /* bytes; 0: SURVEY_VALUE_BYTES */
    uint64_t batch;    /* 0: 1 */
    uint64_t requests; /* so many instead of `seconds`, keys in order */
};

/* Whether the server's protocol has it. */
bool survey_can(const struct server *server, const struct survey_load *load);
/* One trial of what it can into survey->trial; error replies are reported. `round` varies the keys. */
void survey_try(struct survey *survey, const struct server *server, const struct survey_load *load,
                uint64_t round);
/* What is to be told of two servers is often less than a machine changes from one second to the next: so many
 * turns of each, one right after the other's, and nobody always after the same one. */
uint64_t survey_turns(const struct survey *survey);
void survey_try_shortly(struct survey *survey, const struct server *server, const struct survey_load *load,
                        uint64_t turn);
/* The same with half of the connections to each of two. */
void survey_try_two(struct survey *survey, const struct server *const servers[2],
                    const struct survey_load *load, uint64_t turn);

/* Whether `peer` is left out of what takes long and is counted rather than timed: the others, when it has to
 * be quick. */
bool survey_passes_over(const struct survey *survey, size_t peer);

/* Another instance of ours with `args`; the caller stops it. */
void survey_start_nuthatch(const struct survey *survey, struct server *server, const char *args);

void survey_say(const char *what);

#endif
