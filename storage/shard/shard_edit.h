/*
 * shard_edit.h - a collection of a shard, opened for reading or to be changed in place.
 *
 * Between opening and commit the charge is behind what was written, and the entry may move.
 *
 * Threads: under the shard's lock, from opening to commit.
 */
#ifndef STORAGE_SHARD_SHARD_EDIT_H
#define STORAGE_SHARD_SHARD_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/shard/shard.h"
#include "storage/table/key.h"
#include "storage/types/blocks/value.h"

/* `*value` becomes that of `entry`, whose type it must be; of NULL an empty one. Not to be written to. */
void shard_read(struct value *value, const struct shard *shard, const struct entry *entry,
                const struct value_type *type, const struct value_limits *limits);

#define SHARD_EDIT_SCRATCH 512

struct shard_edit {
    struct value value;
    struct shard_place place;
    struct entry *entry;  /* NULL: there was none */
    bool was_rooted;      /* a large one when it was opened */
    size_t charged_bytes; /* for the root and what it owns; or for a packed entry, 0 until it is resized */
    char *heap;           /* a new packed block that has outgrown `scratch` */
    size_t heap_size;
    char scratch[SHARD_EDIT_SCRATCH]; /* where the packed block of a new key is built */
};

/* Of a key whose entry, or its absence, shard_find() has just told. */
void shard_edit(struct shard_edit *edit, const struct shard_place *place, struct entry *entry,
                const struct value_type *type, const struct value_limits *limits);
/* Settle the entry and its charge with what the value has become. NULL: it is empty, and the key is gone. */
struct entry *shard_commit(struct shard_edit *edit);
/* The same of a key that was there, which stays even if it is empty. */
struct entry *shard_commit_whole(struct shard_edit *edit);

/* Store a value that was built apart under a key that is absent. Takes its root, or copies its packed block,
 * which stays the caller's. */
struct entry *shard_put_value(const struct shard_place *place, struct value *value, int64_t deadline_ms);
/* The same in the place of `old`, which shard_find() has just told of the key, whatever that is. NULL:
 * nothing. A key that was there is no new one. */
struct entry *shard_replace_value(const struct shard_place *place, struct entry *old, struct value *value);
/* The same whatever is known of the key, an absence included, and no change is reported: what is true of the
 * key somebody else knows. */
struct entry *shard_learn_value(const struct shard_place *place, struct value *value, int64_t deadline_ms);

#endif
