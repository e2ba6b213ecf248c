/*
 * shard_elements.h - elements of a value that have deadlines of their own: fields of a hash.
 *
 * The stamp beside the slot of such a value (table_layout.h) is a time before which none of its elements, nor
 * its key, is due; it may be too early. When it has passed, whoever looks up the key removes what is due, up
 * to a number that is not felt; the sweep does the rest. The key goes with its last element.
 *
 * Threads: as shard.h.
 */
#ifndef STORAGE_SHARD_SHARD_ELEMENTS_H
#define STORAGE_SHARD_SHARD_ELEMENTS_H

#include <stdint.h>

#include "storage/table/table.h"

struct database;
struct entry;
struct shard;
struct table_slot;

/* Keys of one database of which some elements have deadlines; as shard_deadlines(), whoever asks. */
size_t shard_with_timed_elements(const struct shard *shard, unsigned db);

/* Elements of `entry` were given deadlines, of which `due_ms` is the earliest. Returns where it is now. */
struct entry *shard_note_elements(struct shard *shard, struct database *database, uint64_t hash,
                                  struct entry *entry, int64_t due_ms);
/* The same of one that has come to its place with all its elements. */
struct entry *shard_note_all_elements(struct shard *shard, struct database *database, uint64_t hash,
                                      struct entry *entry);
/* Its key has got a deadline. */
void shard_time_beside_elements(struct shard *shard, struct database *database, uint64_t hash,
                                struct table_slot *slot, int64_t deadline_ms);
/* Elements were removed since the deadline that they were given had passed: they count as expired. */
void shard_count_expired_elements(struct shard *shard, size_t count);

/* Remove and report what is due, some hundred above `limit` at most. The entry may have moved, within its
 * slot. An empty one is left to the caller, as is when it is looked at next. */
struct table_relief shard_relieve(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot,
                                  size_t limit);
/* For a look-up. NULL: the key is gone. */
struct table_slot *shard_look_at_elements(struct shard *shard, unsigned db, uint64_t hash,
                                          struct table_slot *slot);

#endif
