/*
 * value.h - a collection as it is while somebody works on it, and the operations that every type has.
 *
 * A small collection is one packed block, which stands wherever its home keeps it: with its key, in an entry.
 * A large one is a root that owns many blocks. The functions of a type (set.h, hash.h, list.h, zset.h,
 * stream.h) take a struct value, work on either form, and turn the first into the second when it has outgrown
 * it. They know no keys, deadlines, replies, clocks or locks.
 *
 *      small:  packed, packed_len           root is NULL; packed is NULL as well while there is nothing
 *      large:  root                         what `packed` says is void: its home lets it go
 *
 * Whoever opens a value fills it; whoever writes to it settles it with its home afterwards (shard_edit.h).
 *
 * Threads: one at a time; in the keyspace, under the lock of the key's shard.
 */
#ifndef STORAGE_TYPES_BLOCKS_VALUE_H
#define STORAGE_TYPES_BLOCKS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct value;

/* Where a packed block lives. */
struct value_home {
    /* Make room for `len` bytes: sets value->packed and packed_len. The first min(old, new) bytes are kept,
     * what is new is undefined. Slices into the block are void afterwards. */
    void (*resize)(struct value *value, size_t len);
};

/* When a type changes the name of its encoding, as the settings of the same names say; 0 entries mean never
 * compact. `list_size` is list-max-listpack-size: positive elements, or -1 to -5 for 4 to 64 KiB. */
struct value_limits {
    size_t hash_entries, hash_value;
    size_t set_ints, set_entries, set_value;
    size_t zset_entries, zset_value;
    int64_t list_size;
    size_t stream_node_bytes, stream_node_entries; /* when a block of a stream is full; 0: never */
};
extern const struct value_limits value_limits_default;

/* What compaction wants of a large value: asked for each block in turn. Returns where the block is now. */
struct value_mover {
    void *(*move)(void *context, void *block, size_t size);
    void *context;
};

/* Operations on the large form, by its root; `len`, `encoding` and `check` on both. */
struct value_type {
    const char *name;                                   /* as TYPE tells it */
    size_t (*len)(const struct value *value);           /* elements; O(1) */
    const char *(*encoding)(const struct value *value); /* as OBJECT ENCODING tells it */
    size_t (*bytes)(const void *root);        /* real sizes of all that it owns, itself included; O(1) */
    bool (*drain)(void *root, size_t blocks); /* free some; false: all is freed, the root as well */
    void *(*copy)(const void *root);
    /* Offer up to `blocks` blocks from `*hand` on (0 at first; 0 again when the round is done). */
    void (*compact)(void *root, uint64_t *hand, size_t blocks, const struct value_mover *mover);
    /* What a look-up of a member will touch after the root, stage by stage from 0 on, each when the last has
     * had its time. False: there are no further stages. */
    bool (*prefetch)(const void *root, uint64_t member_hash, unsigned stage);
    void (*check)(const struct value *value); /* walk all; asserts what it promises */
    bool stays_empty;                         /* it remains when its last element goes, as a root */
    /* Of a type whose elements may have deadlines; otherwise NULL. None is due before, or VALUE_NEVER_DUE. */
    int64_t (*next_due_ms)(const struct value *value);
    /* Remove what is due at `now_ms` of the value: all of a small one; of a large one, no more than some
     * hundred above `limit`. Returns how many. */
    size_t (*expire)(struct value *value, size_t limit);
    /* Whether all that it still holds is due: it is as good as empty. Stops at the first that is not. */
    bool (*is_spent)(const struct value *value);
};

struct value {
    const struct value_type *type;
    char *packed;
    size_t packed_len;
    void *root;                        /* of the type: struct set_root, list_root, stream_root ... */
    const struct value_home *home;     /* NULL: opened for reading */
    const struct value_limits *limits; /* never NULL */
    uint64_t seed;                     /* of members' hashes, one for the whole process */
    size_t expected;                   /* elements that are to come, as the type was told */
    int64_t now_ms;                    /* elements with earlier deadlines are not there; 0: all are */
    int64_t due_ms; /* the earliest deadline that was given to an element while it was open; 0: none */
};

#define VALUE_NEVER_DUE INT64_MAX

/* A small value in memory of the allocator, for tests and for building one that has no key yet. Of
 * `value_heap`; free it with value_clear(). */
extern const struct value_home value_heap;
struct value value_make(const struct value_type *type, const struct value_limits *limits, uint64_t seed);
/* Frees the root or the heap's block. */
void value_clear(struct value *value);

static inline size_t value_len(const struct value *value)
{
    return value->type->len(value);
}

#endif
