/*
 * plan.h - all that decides how a run goes: with the same plan the same commands are drawn and the same
 * faults come, though the network and the scheduler still have their say.
 */
#ifndef TESTS_SCENARIOS_PLAN_H
#define TESTS_SCENARIOS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "tests/scenarios/operations/operation_set.h"

/* What stands between the clients and the upstream, and is held to be coherent with it. */
enum subject {
    SUBJECT_TIER,      /* nuthatch --upstream */
    SUBJECT_WIRE,      /* nothing: the clients of an instance reach the upstream through a bad network */
    SUBJECT_FORGETFUL, /* forgetful_cache.h, which is not */
};

#define PLAN_OWN "nuthatch"

struct plan {
    uint64_t seed;
    enum subject subject;
    unsigned mistakes;       /* forgetful_cache.h */
    unsigned chained;        /* 1: one more instance stands between those and the upstream */
    unsigned instances;      /* 1 or 2 */
    unsigned clients;        /* of each instance */
    unsigned direct_clients; /* of the upstream itself */
    unsigned keys;           /* families of keys */
    unsigned depth;          /* requests in flight on a connection, at most */
    unsigned writes;         /* in a thousand requests through an instance */
    unsigned direct_writes;  /* and in a thousand to the upstream itself */
    unsigned databases;      /* 1 or 2 */
    struct operation_set operations;
    uint64_t faults; /* bits: fault.h */
    int64_t duration_ms;
    uint64_t reads;               /* end after so many checked reads; 0: by time alone */
    unsigned threads;             /* of an instance */
    unsigned pool;                /* its upstream-pool-size */
    const char *upstream_program; /* PLAN_OWN: a Nuthatch */
    unsigned upstream_threads;    /* io-threads */
    unsigned heartbeat_ms, timeout_ms;
    const char *tracking;   /* near-cache-tracking */
    const char *on_failure; /* upstream-on-failure, without the seconds of serve-stale */
    unsigned stale_s;       /* those */
    unsigned max_ttl_ms;    /* near-cache-max-ttl, where tracking is `ttl` */
    unsigned fill_after;    /* near-cache-fill-after */
    unsigned
        fields; /* deadlines of fields: 0 none, 1 of small hashes, 2 of such as are kept like large ones */
};

/* What CI plays: all operations, all faults, two instances. */
struct plan plan_default(uint64_t seed);

/* Fewer writes, so that what is kept is read again and again before it changes. */
void plan_calm(struct plan *plan);

/* Choose by the plan's seed how changes are learned of, what happens without a link, whether there are many
 * clients, and now and then a Nuthatch for the upstream, with deadlines of fields: seeds that follow one
 * another play all that there is. */
void plan_vary(struct plan *plan);

/* The upstream keeps nothing on disk, and hands over to no replica. */
bool plan_has_own_upstream(const struct plan *plan);

/* Append the options with which the program `coherence` plays it again. */
void plan_print(const struct plan *plan, struct buffer *out);

#endif
