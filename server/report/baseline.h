/*
 * baseline.h - where the totals of the keyspace stood when CONFIG RESETSTAT was last asked for.
 *
 * A shard counts its expired and evicted keys for good; what INFO tells is the difference.
 *
 * Threads: any.
 */
#ifndef SERVER_REPORT_BASELINE_H
#define SERVER_REPORT_BASELINE_H

#include <stdatomic.h>
#include <stdint.h>

struct server;

struct baseline {
    _Atomic uint64_t expired;
    _Atomic uint64_t expired_elements;
    _Atomic uint64_t evicted;
};

/* Count anew: expired and evicted keys, keys freed in the background, and the peak of memory. */
void baseline_take(struct server *server);

#endif
