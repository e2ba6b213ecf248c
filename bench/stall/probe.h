/*
 * probe.h - a client that asks for a key at fixed times, whatever else the server does.
 *
 * Latency counts from when a request was due, so that a server that stands still for 10 ms is seen by all
 * requests of these 10 ms. The probe runs on a thread of its own, on the client's core but before all others
 * where the system allows it: what it sees is the server, not the load beside it.
 *
 * Threads: created, started and stopped by one owner. Ends the program (program.h) on an error.
 */
#ifndef BENCH_STALL_PROBE_H
#define BENCH_STALL_PROBE_H

#include <stdatomic.h>
#include <stdbool.h>

#include <pthread.h>

#include "bench/kit/load/exchange.h"
#include "bench/kit/report/histogram.h"

struct address;

struct probe {
    struct exchange exchange;
    pthread_t thread;
    _Atomic bool stopping;
    struct histogram latency_ns; /* read it after probe_stop() */
};

/* Sets the keys that will be asked for, then asks until probe_stop(). */
void probe_start(struct probe *probe, const struct address *address);
void probe_stop(struct probe *probe);

#endif
