/*
 * tier.h - what the parts of the near cache's benchmark share: the servers and the rows of the result.
 *
 * Threads: one.
 */
#ifndef BENCH_TIER_TIER_H
#define BENCH_TIER_TIER_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/kit/load/load.h"
#include "bench/kit/report/samples.h"
#include "bench/kit/servers/server.h"

#define TIER_KEYS        400000 /* all in the upstream; those from TIER_HOT_KEYS on are read by nobody twice */
#define TIER_HOT_KEYS    100000
#define TIER_VALUE_BYTES 32
#define TIER_CLIENTS     50
#define TIER_DISTANCE_US 500 /* each way, to the upstream that is far away */
#define TIER_ROWS_MAX    24

enum tier_server { SERVER_UPSTREAM, SERVER_STANDALONE, SERVER_TIER, SERVER_TWEMPROXY, SERVER_RELAY, SERVERS };

/* One line of the table. */
struct tier_row {
    const char *name, *unit;
    struct samples samples[SERVERS]; /* empty: not measured there */
    const char *figure;              /* what is held against the limit */
    enum tier_server of, by;         /* of / by, or of - by; the same: of itself */
    bool difference, at_least;       /* the figure is a difference; the limit is a lower one */
    double limit;
};

struct exchange;
struct tcp_proxy;

struct tier_bench {
    uint64_t rounds;
    double seconds;
    struct server servers[SERVERS];
    struct server far_tier; /* whose upstream is behind `distance` */
    struct tcp_proxy *distance;
    bool has_twemproxy;
    struct tier_row rows[TIER_ROWS_MAX];
    size_t len;
    bool failed; /* an error reply was seen, or a hit was none */
};

/* A new row, without samples. */
struct tier_row *tier_row(struct tier_bench *bench, struct tier_row row);
double tier_figure(const struct tier_row *row);
bool tier_row_is_fine(const struct tier_row *row);

/* Drop all that a near cache holds. */
void tier_flush(const struct server *server);

/* For what is measured by the clock: all servers on one core and the client on another, so that the way from
 * one to the other is always the same. `apart` false: everybody where there is room. Nothing on a single
 * core. */
void tier_set_apart(const struct tier_bench *bench, bool apart);

/* A server under a load for a moment. Unlike trial.h, nobody is stopped: a near cache that is stopped loses
 * its upstream. */
struct tier_measurement {
    double us_per_op, kops, p50_us;
};
struct tier_load {
    const char *test;
    const char *request; /* in the place of a test: request.h */
    uint64_t clients, depth, keys;
    uint64_t unread_from; /* with it: so many `requests`, each of another key from this one on */
    uint64_t requests;
    uint64_t seed;
    double seconds; /* 0: as long as is usual */
};
struct tier_measurement tier_measure(struct tier_bench *bench, const struct server *server,
                                     const struct tier_load *load);

void tier_hits(struct tier_bench *bench);
void tier_misses_and_writes(struct tier_bench *bench);
void tier_distance(struct tier_bench *bench);
/* HGET of hashes, which the near cache keeps whole. */
void tier_hashes(struct tier_bench *bench);

/* How a key is read, under a number, by one request. */
typedef void tier_read(struct exchange *exchange, unsigned long long key);
/* Reads a second of one client behind a distance, 95 % of keys that are known from `passes` reads each. What
 * is unread begins with `first_unread`. */
void tier_measure_distance(struct tier_bench *bench, struct tier_row *row, tier_read *read, int passes,
                           uint64_t first_unread);

#endif
