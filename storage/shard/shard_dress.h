/*
 * shard_dress.h - dressed keys (entry/dress.h), for those who see more of them than that they are fresh.
 *
 * shard_find() and whatever else plain commands see of a shard shows a dressed key only while it is fresh. A
 * stale one, which is kept for its grace, and a dead one, which nobody has removed yet, are absent to them:
 * who stores a key where shard_find() told NULL has it removed, and `expired` announced. What shard_find()
 * shows has the soft deadline for its deadline; shard_set_deadline() gives that, shard_put_copy() and
 * shard_move() take the dress along, and all that stores a new value drops it.
 *
 * A look-up never removes an entry because of a bump, only because its time is over: what a command has found
 * stays where it is, whatever is bumped meanwhile.
 *
 * Threads: under the shard's lock. Pointers are good until the shard is next written to.
 */
#ifndef STORAGE_SHARD_SHARD_DRESS_H
#define STORAGE_SHARD_SHARD_DRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/dress/bumps.h"
#include "storage/entry/dress.h"
#include "storage/shard/shard.h"

struct shard_dressed {
    struct entry *entry; /* NULL: there is none, not even a dead one */
    bool is_dressed;     /* else it is a plain key: fresh, with no grace, soft_ms is its deadline */
    struct dress_verdict verdict;
    struct dress dress; /* zero for a plain one */
};

/* Whatever is kept under the key, of any type. Past its last deadline it is removed and announced first, as
 * shard_find() does. `use`: counts as a use, if it is not dead. */
struct shard_dressed shard_find_dressed(struct shard *shard, unsigned db, struct key key, int64_t now_ms,
                                        bool use);

/* Store `text` with this dress, dropping whatever there is under the key, visible or not, without announcing
 * it as expired. Its use carries over. Never NULL. */
struct entry *shard_put_dressed(struct shard *shard, unsigned db, struct key key, struct slice text,
                                const struct dress *wanted, int64_t now_ms);

/* Give the value another dress, which may have more or fewer tags. Returns where the entry is now. */
struct entry *shard_redress(struct shard *shard, unsigned db, struct key key, struct entry *entry,
                            const struct dress *wanted);

/* Remove what shard_find() does not show of the key, announcing that it has expired. False: there was
 * nothing, or it is there to be seen. For DEL and its like, that make sure that nothing is left. */
bool shard_uncover(struct shard *shard, unsigned db, struct key key, int64_t now_ms);

/* Dressed entries of a database, visible or not. */
size_t shard_dressed(const struct shard *shard, unsigned db);

#endif
