/*
 * tally_state.h - what a tally is made of, for tally*.c.
 *
 * Threads: `made` is read, and exchanged, under the lock; so is `making` added to. Its rule, and the rest of
 * what tally_begin() writes, stand still while the round lasts.
 */
#ifndef SERVER_EVENTS_WALK_TALLY_STATE_H
#define SERVER_EVENTS_WALK_TALLY_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "server/events/walk/tally.h"
#include "server/observe/keys/prefix_sums.h"

struct tally_heap;

struct tally_candidate {
    uint64_t hash; /* of the key */
    uint64_t bytes;
    unsigned db;
};

struct tally_sums {
    struct prefix_rule rule;
    struct prefix_sums prefixes;
    size_t len;
    size_t least; /* place of the smallest */
    struct tally_candidate big[TALLY_BIG];
};

struct tally {
    pthread_mutex_t lock; /* a leaf */
    struct tally_sums *making;
    struct tally_sums *made; /* NULL: no round was finished */
    uint64_t seed;           /* of the keyspace's hashes */
    int64_t began_ms;
    _Atomic int64_t wanted_until_ms, ended_ms;
    _Atomic uint64_t rounds, round_ms;
    _Atomic uint64_t awaited; /* the last round that somebody waits for the end of */
};

struct tally_meeting {
    struct tally *tally;
    struct tally_heap *heap;
    unsigned db;
};

#endif
