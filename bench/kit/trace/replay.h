/*
 * replay.h - the requests of a trace sent to a server as an application with a cache would send them.
 *
 * A read is GET and, on a miss, SET with the size and TTL that the trace knows. Up to `pipeline` requests go
 * out together: first the first request of each key in the group, then SETs for the GETs that missed and the
 * further requests, and so on, so that each key sees its requests in the order of the trace.
 *
 * Traces are sent as fast as the server answers; times in them are not waited for.
 *
 * Threads: one.
 */
#ifndef BENCH_KIT_TRACE_REPLAY_H
#define BENCH_KIT_TRACE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/kit/load/exchange.h"

struct replay_options {
    uint64_t pipeline;
    uint64_t value_bytes; /* where the trace has no sizes */
    uint64_t limit;       /* only so many requests; 0: all */
    bool flush;           /* FLUSHALL before */
    char letter;          /* the first of every key, which tells traces of one server apart */
};

struct replay_tally {
    char name[64]; /* of the trace */
    uint64_t requests, gets, hits, errors;
    uint64_t get_bytes, hit_bytes;
    double seconds;
};

/* Ends the program (program.h) when the file is no trace or the connection is lost; tells of errors replied
 * on standard error. */
struct replay_tally replay_trace(const struct replay_options *options, struct exchange *exchange,
                                 const char *path);

/* Bytes of all keys and values of a trace, up to the limit, each key counted once, at its largest. */
uint64_t replay_footprint(const struct replay_options *options, const char *path);

#endif
