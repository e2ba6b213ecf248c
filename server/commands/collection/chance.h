/*
 * chance.h - random numbers for one command.
 *
 *     struct chance chance = chance_of(call);
 *     entry = shard_sample(shard, call->db, call->now_ms, chance_next, &chance);
 *
 * A generator (proto/base/random.h) that is seeded anew for each call, with what no two calls have in common:
 * nothing is shared between loops. Not for secrets.
 *
 * Threads: a plain value.
 */
#ifndef SERVER_COMMANDS_COLLECTION_CHANCE_H
#define SERVER_COMMANDS_COLLECTION_CHANCE_H

#include <stdint.h>

#include "proto/base/random.h"

struct call;

struct chance {
    struct random random;
};

struct chance chance_of(const struct call *call);

/* The next number of the struct chance behind `state`; as containers ask for it. */
uint64_t chance_next(void *state);

/* Below `limit`, which is not 0. */
uint64_t chance_below(struct chance *chance, uint64_t limit);

#endif
