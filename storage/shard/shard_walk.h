/*
 * shard_walk.h - a walk over a shard that does to its dressed entries what was invalidated without touching
 * them.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_SHARD_SHARD_WALK_H
#define STORAGE_SHARD_SHARD_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/shard/shard.h"

/* The bucket at `cursor`: what is dead there goes, as if it had expired, and what was made stale says so
 * itself from then on (entry/dress.h). Adds those that went to `*reaped`. Returns the next cursor, 0 at the
 * end: as table_scan(), what is there all the time is met. */
uint64_t shard_walk(struct shard *shard, unsigned db, uint64_t cursor, int64_t now_ms, size_t *reaped);

/* Everything but absences and what is past its last deadline, fresh or not. `visit` must not change the
 * shard. */
uint64_t shard_scan_dressed(struct shard *shard, unsigned db, uint64_t cursor, int64_t now_ms,
                            void (*visit)(void *context, struct entry *entry), void *context);

/* Bring closer what the next SHARD_SCAN_AHEAD calls of either meet: the misses of some dozens of entries
 * overlap so. */
#define SHARD_SCAN_AHEAD 8
void shard_fetch_scan(struct shard *shard, unsigned db, uint64_t cursor);

/* The value whose key has this hash, stale ones as well; NULL: there is none, or it is dead. Of two with the
 * same hash one. */
const struct entry *shard_value_of_hash(struct shard *shard, unsigned db, uint64_t hash, int64_t now_ms);

struct shard_walk_place {
    uint64_t round;
    uint64_t cursor;
    bool is_passed;
};

/* Where a walk stands in a database. It goes with the keys when databases are exchanged, so none is met twice
 * and none is missed. The walk's; of a database that it never came to all zero. */
struct shard_walk_place *shard_walk_place(struct shard *shard, unsigned db);

/* How often databases were exchanged: keys may stand in one meanwhile that a walk was past. */
uint64_t shard_swaps(const struct shard *shard);

#endif
