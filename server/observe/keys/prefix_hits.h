/*
 * prefix_hits.h - how often reads of each prefix hit and missed, always on.
 *
 * Of the samples that are drawn for hot keys (observe/hot_keys.h): each loop has 256 counters in rows of
 * eight. A prefix that has none takes the one of its row that was asked for least of late, and counts from
 * there. Hits and misses only grow while it has its counter, so a rate may be drawn from them; a sample
 * counts as what it stands for (keys/sample_pace.h). Who asks is told of the totals as well, so that what has
 * no counter can be told as the rest.
 *
 * Threads: any; each loop's counters under a lock of their own, which its own samples mostly find free.
 */
#ifndef SERVER_OBSERVE_KEYS_PREFIX_HITS_H
#define SERVER_OBSERVE_KEYS_PREFIX_HITS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/observe/keys/prefix.h"

#define PREFIX_HITS 256

struct prefix_hits;

struct prefix_hit {
    uint64_t hash;
    uint64_t recent; /* hits and misses of late */
    uint64_t hits, misses;
    size_t len;
    char name[PREFIX_NAME_MAX];
};

struct prefix_hit_totals {
    uint64_t hits, misses;
};

/* Prefixes are those of `rule` from the beginning. */
struct prefix_hits *prefix_hits_create(unsigned loops, uint64_t hash_seed, const struct prefix_rule *rule);
void prefix_hits_destroy(struct prefix_hits **all);

/* A read of a key of that name hit and missed so often, in accesses. */
void prefix_hits_add(struct prefix_hits *all, unsigned loop, struct slice name, uint64_t hits,
                     uint64_t misses);
/* By the loop's cron, once a second: what was asked for long ago counts less for keeping a counter, and
 * another rule than before begins anew. */
void prefix_hits_age(struct prefix_hits *all, unsigned loop, int64_t now_ms, const struct prefix_rule *rule);

uint64_t prefix_hits_hash(const struct prefix_hits *all, struct slice prefix);

/* Of all loops together, those with the most hits and misses first: how many there are in `out`, at most
 * `most`. */
size_t prefix_hits_top(struct prefix_hits *all, struct prefix_hit *out, size_t most,
                       struct prefix_hit_totals *totals);
void prefix_hits_reset(struct prefix_hits *all);

#endif
