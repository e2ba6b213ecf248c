/*
 * match.h - one script played to this server and to Redis, and the first step in which they differ.
 *
 * After each step what every client was told is compared, replies and pushes byte for byte in their order but
 * for what docs/divergences.md says of the command, and so is what CLIENT LIST says of everybody.
 *
 * Both servers live in one time, which the script moves, and besides each step by a millisecond, so that no
 * two things are due at the same moment.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_MATCH_H
#define TESTS_DIFFERENTIAL_CROWD_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"

struct divergences;
struct instance;
struct moved_time;
struct step;

struct match {
    struct instance *ours, *theirs; /* started again when a script has ended it */
    struct moved_time *time;        /* of both */
    const struct divergences *divergences;
    /* Ours has several loops. Clients that wake up at the same moment then go on side by side, in Redis one
     * after the other: so nobody says anything while it waits, and nobody is paused. */
    bool side_by_side;
};

enum match_result {
    MATCH_AGREE,
    MATCH_DIFFER,
    MATCH_UNSOUND, /* Redis itself did not answer, or crashed: nothing is known from that step on */
};

struct disagreement {
    size_t step; /* the last one that was played */
    int client;  /* who was told something else; its index */
    const char *what;
    struct buffer ours, theirs; /* raw replies, or rows of CLIENT LIST */
    bool rows;
};

/* `disagreement`, which may be NULL, is filled by MATCH_DIFFER. Clear it. */
enum match_result match_play(const struct match *match, const struct step *steps, size_t len,
                             struct disagreement *disagreement);
void disagreement_clear(struct disagreement *disagreement);

#endif
