/*
 * hot_keys.h - which keys are asked for most, always on.
 *
 * Space-Saving (Metwally, Agrawal and El Abbadi 2005) over samples: each loop has 256 counters in rows of
 * eight. A key that has none takes the smallest of its row, whose count it goes on from and which is its
 * `error`: what its samples count is in [count - error, count]. Who makes up more than an eighth of a
 * row's samples is certainly there. Counts are halved every HOT_KEYS_HALF_LIFE_MS, so that they tell of the
 * last half minute or so.
 *
 * A sample counts as the accesses that it stands for, its weight (keys/sample_pace.h). Where every command is
 * a sample the bounds are those of the accesses; elsewhere, of what the samples say of them.
 *
 * Threads: any; each loop's counters under a lock of their own, which its own samples mostly find free.
 */
#ifndef SERVER_OBSERVE_HOT_KEYS_H
#define SERVER_OBSERVE_HOT_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define HOT_KEYS              256
#define HOT_KEY_NAME_MAX      64 /* bytes of a name; of a longer one its beginning is told */
#define HOT_KEYS_HALF_LIFE_MS 10000

struct hot_keys;

struct hot_key {
    uint64_t hash;
    uint64_t count, error; /* in accesses, as all of these */
    uint64_t reads, writes;
    uint64_t bytes; /* of requests and replies */
    unsigned db;
    bool is_cut; /* the name: it has more bytes */
    size_t len;
    char name[HOT_KEY_NAME_MAX];
};

struct hot_sample {
    struct slice name;
    uint64_t hash; /* of the name */
    unsigned db;
    bool writes;
    uint32_t weight; /* accesses that it stands for, not 0 */
    uint64_t bytes;
};

struct hot_keys *hot_keys_create(unsigned loops);
void hot_keys_destroy(struct hot_keys **keys);

void hot_keys_add(struct hot_keys *keys, unsigned loop, const struct hot_sample *sample);
/* By the loop's cron. Of what is halved, that goes which counts for less than `least`: one sample. */
void hot_keys_age(struct hot_keys *keys, unsigned loop, int64_t now_ms, uint32_t least);

/* Of all loops together, the hottest first: how many there are in `out`, at most `most`. */
size_t hot_keys_top(struct hot_keys *keys, struct hot_key *out, size_t most);
void hot_keys_reset(struct hot_keys *keys);

#endif
