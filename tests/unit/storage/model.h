/*
 * model.h - a shard and what it should hold, kept as naively as can be.
 *
 * Each call does one thing to the shard and to plain arrays, and asserts that they agree. Keys are numbers;
 * their names cover the lengths at which an entry's layout changes.
 */
#ifndef TESTS_UNIT_STORAGE_MODEL_H
#define TESTS_UNIT_STORAGE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/random.h"
#include "storage/evict/budget.h"
#include "storage/shard/shard.h"

#define MODEL_DATABASES 3
#define MODEL_NAME_MAX  1100

struct model_value {
    bool present; /* until removed, or reported as expired */
    bool raw;     /* was edited in place */
    char *text;
    size_t len;
    int64_t deadline_ms;
};

struct model {
    struct shard *shard;
    struct budget budget; /* with a limit, which nobody keeps; policies come and go */
    struct random random;
    int64_t now_ms;
    size_t keys;
    size_t reported; /* keys that the shard said have expired */
    size_t evicted;  /* or were evicted */
    struct model_value *values[MODEL_DATABASES];
    char name[MODEL_NAME_MAX];
};

void model_init(struct model *model, size_t keys, uint64_t seed);
void model_clear(struct model *model);

/* One random operation on a random key. */
void model_step(struct model *model);
/* All keys, counters and invariants. */
void model_check(struct model *model);

#endif
