/*
 * load.h - many connections that keep a server busy from one thread.
 *
 * Closed loop: every connection sends `depth` requests at once and the next `depth` when all are answered, as
 * redis-benchmark does. A latency is then the time from sending a batch to its reply.
 *
 * Open loop (`rate` > 0): requests are due at fixed times, whatever the server does, and go round the
 * connections. A latency counts from when the request was due, not from when it could be sent, so a stall of
 * the server shows in all the requests that fell into it.
 *
 * Ends the program (program.h) when a connection breaks or what comes is not the address's protocol. Error
 * replies are counted.
 *
 * Threads: one owner. Sleeps in epoll; without libuv, so that what carries the server is not what measures
 * it.
 */
#ifndef BENCH_KIT_LOAD_LOAD_H
#define BENCH_KIT_LOAD_LOAD_H

#include <stdint.h>

#include "bench/kit/report/histogram.h"
#include "bench/kit/servers/address.h"

struct workload;

struct load_options {
    struct address address;
    const struct address *other; /* every second connection goes there; NULL: none */
    uint64_t clients;
    uint64_t depth;            /* closed loop: requests in flight on a connection */
    double rate;               /* open loop: requests per second in all; 0: closed */
    struct workload *workload; /* borrowed; of the address's protocol */
    const char *opening;       /* what each connection sends first; NULL: nothing */
    uint64_t opening_replies;  /* to that, which are counted as all others */
};

/* What came back during a run. */
struct load_tally {
    uint64_t replies;
    uint64_t errors;
    uint64_t nulls;
    uint64_t elapsed_ns;
    char first_error[128];
    struct histogram latency_ns;
};

struct load;

/* Connects. Never NULL. */
struct load *load_open(const struct load_options *options);
/* Waits for what is in flight, then closes. */
void load_close(struct load **load);

/* Send for `duration_ns`. At the end replies are still in flight, and the next run goes on from there, so
 * runs one after the other see the server under steady load. `*tally` is overwritten. */
void load_run(struct load *load, uint64_t duration_ns, struct load_tally *tally);

/* Send `requests` and wait for all their replies. Closed loops only. */
void load_run_requests(struct load *load, uint64_t requests, struct load_tally *tally);

#endif
