/*
 * contest.h - many streams against two servers, and the report when they differ.
 */
#ifndef TESTS_DIFFERENTIAL_COMPARE_CONTEST_H
#define TESTS_DIFFERENTIAL_COMPARE_CONTEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "tests/differential/compare/duel.h"

struct catalogue;

struct contest {
    struct duel duel;
    const struct catalogue *catalogue;
    uint64_t seed;  /* of the first stream; the next has the next seed, RESP2 and RESP3 by turns */
    size_t streams; /* how many at most */
    int budget_ms;  /* how long at most; 0: until all are played */
    int shrink_ms;  /* how long to look for a shorter stream that still fails */
};

/* The number of streams in which all agreed. When one did not, `report` gets the shrunk stream as a script
 * for redis-cli, both replies, the seed and the protocol; else it stays empty. */
size_t contest_run(const struct contest *contest, struct buffer *report);

#endif
