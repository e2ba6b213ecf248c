/*
 * heavy_keys.h - which keys weigh most, whatever the weight is, in bounded memory.
 *
 * Space-Saving (Metwally, Agrawal and El Abbadi 2005) with weights, in rows of eight: a key that has no
 * counter takes the lightest of its row and goes on from its weight, which is its `error`. What it really
 * weighs is in [weight - error, weight].
 *
 * Threads: one at a time.
 */
#ifndef SERVER_OBSERVE_KEYS_HEAVY_KEYS_H
#define SERVER_OBSERVE_KEYS_HEAVY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define HEAVY_KEYS     256
#define HEAVY_NAME_MAX 64 /* bytes of a name; of a longer one its beginning is kept */

struct heavy_key {
    uint64_t hash;
    uint64_t weight, error; /* 0: free */
    bool is_cut;            /* the name: it has more bytes */
    size_t len;
    char name[HEAVY_NAME_MAX];
};

/* All zero: empty. */
struct heavy_keys {
    struct heavy_key keys[HEAVY_KEYS];
};

/* `weight` is not 0. */
void heavy_keys_add(struct heavy_keys *heavy, struct slice name, uint64_t hash, uint64_t weight);

/* Put the counters into `out` beside the `len` that are there, adding up those of one key. Returns how many
 * there are then, at most HEAVY_KEYS more. */
size_t heavy_keys_merge(const struct heavy_keys *heavy, struct heavy_key *out, size_t len);
/* The heaviest first. */
void heavy_keys_sort(struct heavy_key *keys, size_t len);

#endif
