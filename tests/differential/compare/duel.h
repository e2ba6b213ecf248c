/*
 * duel.h - plays one stream to two servers and finds the first reply in which they differ.
 *
 * The commands go out in pipelines of random length, their bytes cut at random places; the cuts follow from
 * the stream's seed. Between connections the order is kept: the replies of one are read before the other
 * sends.
 */
#ifndef TESTS_DIFFERENTIAL_COMPARE_DUEL_H
#define TESTS_DIFFERENTIAL_COMPARE_DUEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"

struct divergences;
struct instance;
struct step;

struct duel {
    int port, oracle_port;
    const struct divergences *divergences;
    struct instance *ours; /* started again when a stream has ended it; NULL: then the test ends */
};

struct duel_way {
    uint64_t seed; /* of the cuts */
    int protocol;
    bool plain; /* one command at a time, in one piece */
};

struct difference {
    size_t step;                /* the command whose replies differ */
    struct buffer ours, theirs; /* raw replies; empty: none came */
};

/* Empty both servers and play. True: every reply agrees. Otherwise `difference`, which may be NULL, is
 * filled; difference_clear() it. */
bool duel_play(const struct duel *duel, const struct step *steps, size_t len, struct duel_way way,
               struct difference *difference);
void difference_clear(struct difference *difference);

#endif
