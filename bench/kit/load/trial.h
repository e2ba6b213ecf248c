/*
 * trial.h - one server under one load for a moment, and what it cost.
 *
 * The server is let go on before and stopped where it is behind, so that several may wait on one core
 * (server.h). What comes first is not counted: connections are opened and caches warm up.
 *
 * Ends the program (program.h) when the server does not answer.
 *
 * Threads: one.
 */
#ifndef BENCH_KIT_LOAD_TRIAL_H
#define BENCH_KIT_LOAD_TRIAL_H

#include "bench/kit/load/load.h"

struct server;

struct trial {
    double us_per_op; /* server CPU time */
    double kops;      /* thousand replies a second */
    struct load_tally tally;
};

/* `options` less the address. */
void trial_run(struct trial *trial, const struct server *server, struct load_options options, double seconds);

/* Two servers at the same time, each with every second connection: what they cost together. */
void trial_run_two(struct trial *trial, const struct server *const servers[2], struct load_options options,
                   double seconds);

/* So many requests instead, all of them counted: for what cannot be done twice, like a DEL. */
void trial_run_requests(struct trial *trial, const struct server *server, struct load_options options,
                        uint64_t requests);

#endif
