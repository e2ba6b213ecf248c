/*
 * shard_change.h - whom a shard tells of changes.
 *
 * Threads: under the shard's lock, but for the word, which is atomic.
 */
#ifndef STORAGE_SHARD_SHARD_CHANGE_H
#define STORAGE_SHARD_SHARD_CHANGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/shard/change.h"

struct shard;

/* From now on; before anyone else knows the shard. */
void shard_listen(struct shard *shard, const struct change_listener *listener);

/* Which of the listener's parts want to hear of this shard, a bit for each. What they mean is its business,
 * but for 0: then it is not called. */
_Atomic uint32_t *shard_listened(struct shard *shard);

/* Tell the listener, if it wants to hear, of a change that a command made. */
void shard_report(struct shard *shard, const struct change *change);

/* What a listener keeps beside the shard for its keys takes so much now, and took so much before. Also while
 * it is told of a change. */
void shard_charge_beside(struct shard *shard, size_t old_bytes, size_t new_bytes);

#endif
