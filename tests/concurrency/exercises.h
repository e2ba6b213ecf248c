/*
 * exercises.h - what crews play: each is a promise that must hold whatever else happens at the same time.
 */
#ifndef TESTS_CONCURRENCY_EXERCISES_H
#define TESTS_CONCURRENCY_EXERCISES_H

#include "tests/concurrency/crew.h"

/* Lists as queues: what was pushed is popped once, by whoever waits for it, leaves or gives up. */
extern const struct exercise exercise_queues;
/* Streams and their groups: an entry is given once to each group, or claimed, and pending until it is
 * acknowledged; who only reads misses none. */
extern const struct exercise exercise_groups;
/* WATCH, GET, MULTI, SET, EXEC: every success has counted. */
extern const struct exercise exercise_counters;
/* What one EXEC changes is seen as a whole or not at all. */
extern const struct exercise exercise_halves;
/* Scripts, transactions and plain commands see what the others do as a whole or not at all, declared or not.
 */
extern const struct exercise exercise_ledgers;
/* The same, with functions that are loaded and deleted meanwhile, KEYS and FLUSHALL. */
extern const struct exercise exercise_programs;
/* A subscriber is told all that each publisher says, in its order, before its PING is answered. */
extern const struct exercise exercise_channels;
/* Who was told that a write is done and then asks a client that tracks the key finds the invalidation there.
 */
extern const struct exercise exercise_invalidations;
/* Nothing older than the last invalidation that was acknowledged is told as fresh, whoever computes it. */
extern const struct exercise exercise_leases;
/* Everything that takes all of the keyspace or asks all loops, at once: all are answered. */
extern const struct exercise exercise_everything;

/* NULL at the end. */
extern const struct exercise *const exercises[];

#endif
