/*
 * zset_bounds.h - the two arguments that bound a range of a sorted set, and the ranks that they mean.
 *
 *     by rank     0 -1          negative ones count from the end
 *     by score    (1.5 +inf     a parenthesis leaves the score itself out
 *     by member   [a (b - +     for members of equal score
 *
 * Threads: plain values.
 */
#ifndef SERVER_COMMANDS_ZSET_ZSET_BOUNDS_H
#define SERVER_COMMANDS_ZSET_ZSET_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/types/zset.h"

struct call;

enum zset_by { ZSET_BY_RANK, ZSET_BY_SCORE, ZSET_BY_MEMBER };

struct zset_edge {
    int64_t rank;
    double score;
    struct slice member;
    int endless; /* by member: -1 is below all ("-"), 1 above all ("+"), 0 neither */
    bool open;   /* without the bound itself */
};

struct zset_bounds {
    enum zset_by by;
    struct zset_edge min, max; /* by rank: the first and the last one in the direction of the walk */
    size_t offset;             /* so many at the beginning are left out; none by rank */
};

/* False: it is no bound of that kind. */
bool zset_edge_read_score(struct zset_edge *bound, struct slice text);
bool zset_edge_read_member(struct zset_edge *bound, struct slice text);

/* From the arguments at `min` and `max`. False: an error has been replied. Borrows the arguments; the
 * offset is 0. */
bool zset_bounds_read(struct zset_bounds *bounds, struct call *call, enum zset_by by, int min, int max);

/* Members that follow each other: `count` of them, before which `skipped` others come in the direction of the
 * walk. */
struct zset_span {
    size_t skipped;
    size_t count;
};

struct zset_span zset_bounds_span(const struct zset_bounds *bounds, const struct value *zset,
                                  enum zset_direction direction);

/* A walk that begins with the span's first member. */
struct zset_walk zset_span_walk(const struct zset_span *span, const struct value *zset,
                                enum zset_direction direction);

#endif
