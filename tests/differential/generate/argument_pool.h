/*
 * argument_pool.h - arguments for the placeholders of a syntax.
 *
 * A name like "key" or "milliseconds" says what belongs there; from it follows a pool to draw from: a few
 * keys, most of them of the type that the command is about, so that commands meet each other's, and values at
 * the boundaries where servers go wrong. Every pool holds nonsense too.
 *
 * Deadlines drawn here are long past or far away and hardly ever equal, so that no reply depends on how fast
 * the test runs.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_ARGUMENT_POOL_H
#define TESTS_DIFFERENTIAL_GENERATE_ARGUMENT_POOL_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct arena;
struct random;

bool argument_pool_is_key(struct slice name);
bool argument_pool_is_time(struct slice name);

bool argument_pool_is_score(struct slice name, const char *group);

/* A number of keys, which the keys that follow must come to. */
bool argument_pool_is_number_of_keys(struct slice name);

/* A wrong number in this place could make the server wait without end. */
bool argument_pool_is_careful(struct slice name, const char *group);

struct argument_place {
    struct slice name;
    const char *command; /* in lower case */
    const char *group;   /* of the command: keys are mostly of one type; NULL: any */
    bool timed; /* no number that could become a near deadline when a mistake puts it where one belongs */
};

/* Lives in `arena` or for ever. */
struct slice argument_pool_draw(const struct argument_place *place, struct random *random,
                                struct arena *arena);

/* Anything at all: what a confused client would send. */
struct slice argument_pool_draw_wild(bool timed, struct random *random, struct arena *arena);

#endif
