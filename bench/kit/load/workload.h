/*
 * workload.h - the requests that a load sends.
 *
 * A request is a template made once, with holes for what varies: the number in a key of WORKLOAD_KEY_BYTES
 * ("key:000000000042"), the seconds of a deadline. Sending one is a copy and a few digits, so that the client
 * is not what a benchmark measures.
 *
 * Threads: one owner.
 */
#ifndef BENCH_KIT_LOAD_WORKLOAD_H
#define BENCH_KIT_LOAD_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"

#define WORKLOAD_KEY_BYTES 16

struct protocol;

struct workload_options {
    const struct protocol *protocol; /* NULL: RESP */
    const char *test;                /* see WORKLOAD_TESTS */
    const char *request;             /* instead of a test: see request.h */
    const char *const *steps; /* such requests, which each connection sends in turn; NULL behind the last */
    uint64_t keys;            /* names are drawn uniformly from so many */
    size_t value_bytes;       /* text that is no number */
    uint64_t batch;           /* keys of one MGET, MSET, DEL; 0: 10 */
    double writes;            /* share of SETs in `mixed`; 0: 0.1 */
    bool deadlines;           /* SETs carry EX with 10000 to 99999 seconds */
    uint64_t first_key;       /* the number of the first of them */
    bool sequential;          /* one after the other instead, as a preload wants it */
    uint64_t seed;
};

#define WORKLOAD_TESTS "get, set, mixed, ping, incr, expire, mget, mset, del, exists"

struct workload;

/* NULL when there is no such test, or none in this protocol: memcached's has get, set and mixed, without
 * deadlines. */
struct workload *workload_create(const struct workload_options *options);
void workload_destroy(struct workload **workload);

/* Append the next request, which has one reply. */
void workload_append(struct workload *workload, struct buffer *out);
/* The same for a connection that has sent `nth` already: where there are steps, the one whose turn it is. */
void workload_append_nth(struct workload *workload, uint64_t nth, struct buffer *out);

#endif
