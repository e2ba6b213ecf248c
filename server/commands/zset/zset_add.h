/*
 * zset_add.h - what ZADD, ZINCRBY and GEOADD have in common: members with scores, under conditions.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ZSET_ZSET_ADD_H
#define SERVER_COMMANDS_ZSET_ZSET_ADD_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/alloc.h"

struct call;

struct zset_addition {
    bool if_absent;  /* NX */
    bool if_present; /* XX */
    bool if_greater; /* GT; of those that are present */
    bool if_less;    /* LT */
    bool increment;  /* INCR: of one member; the reply is its score, or null */
    bool count_all;  /* CH: the reply counts what was changed, not only what was added */

    const double *scores;
    size_t count;
    int first; /* argument of the first member */
    int step;  /* from one member to the next */
};

/* The whole rest of the command: on the key argv[1], its event, its reply. */
void zset_add(struct call *call, const struct zset_addition *addition);

/* Room for the scores of a call; mostly there is one. */
#define ZSET_SCORES_FEW 8
struct zset_scores {
    double *scores;
    double few[ZSET_SCORES_FEW];
};

static inline double *zset_scores_init(struct zset_scores *scores, size_t count)
{
    scores->scores = count > ZSET_SCORES_FEW ? alloc_bytes(count * sizeof(double)) : scores->few;
    return scores->scores;
}

static inline void zset_scores_clear(struct zset_scores *scores)
{
    if (scores->scores != scores->few) alloc_free(scores->scores);
}

#endif
