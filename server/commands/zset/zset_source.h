/*
 * zset_source.h - what ZUNION and its like read from: sorted sets, and sets, whose members all have the
 * score 1.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ZSET_ZSET_SOURCE_H
#define SERVER_COMMANDS_ZSET_ZSET_SOURCE_H

#include <stdbool.h>

#include "storage/types/set.h"
#include "storage/types/zset.h"

struct call;

struct zset_source {
    struct value value;
    double weight;
};

/* The key argv[arg], its weight 1. False: WRONGTYPE was replied. */
bool zset_source_read(struct zset_source *source, struct call *call, int arg);

/* False: it has no such member. */
bool zset_source_find(const struct zset_source *source, const struct member *member, double *score);

/* Every member once. */
struct zset_source_walk {
    bool is_set;
    union {
        struct set_walk set;
        struct zset_walk zset;
    } at;
};
struct zset_source_walk zset_source_walk(const struct zset_source *source);
bool zset_source_next(struct zset_source_walk *walk, struct atom *member, double *score);

#endif
