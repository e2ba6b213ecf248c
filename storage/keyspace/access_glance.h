/*
 * access_glance.h - a look at a shard without waiting for it.
 *
 * For what can do without: fetching ahead, and figures of INFO. A shard that anybody works in is passed over.
 *
 * Threads: any, inside an access or not.
 */
#ifndef STORAGE_KEYSPACE_ACCESS_GLANCE_H
#define STORAGE_KEYSPACE_ACCESS_GLANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/keyspace/keyspace.h"

/* NULL: not now. Otherwise to be ended at once. */
struct shard *access_glance(struct keyspace *keyspace, unsigned index);
void access_glance_end(struct keyspace *keyspace, unsigned index);

/* Prefetch for a later access. See table.h. */
void access_prefetch_bucket(struct keyspace *keyspace, unsigned db, uint64_t hash);
void access_prefetch_to_write(struct keyspace *keyspace, unsigned db, uint64_t hash);
bool access_prefetch_entry(struct keyspace *keyspace, unsigned db, uint64_t hash);
void access_prefetch_overflow(struct keyspace *keyspace, unsigned db, uint64_t hash);
/* Of a shard that is passed over there may be further steps. */
bool access_prefetch_members(struct keyspace *keyspace, const struct shard_member *members, size_t count,
                             unsigned step);

#endif
