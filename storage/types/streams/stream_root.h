/*
 * stream_root.h - what a stream owns: a tree of closed blocks by their first ids, the open block behind them,
 * and its groups. stream.h is how it is worked on.
 *
 * The last block is open: it stands outside of the tree and has room, by size classes. A block that is full
 * is cut to its size and goes into the tree. A closed one that is the last becomes open again, as in Redis,
 * when something is added.
 *
 * Threads: the owner's lock.
 */
#ifndef STORAGE_TYPES_STREAMS_STREAM_ROOT_H
#define STORAGE_TYPES_STREAMS_STREAM_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/value.h"
#include "storage/types/large/tree.h"
#include "storage/types/streams/group.h"
#include "storage/types/streams/stream_block.h"

struct stream_root {
    struct tree tree;
    struct stream_block *open; /* NULL: the last is in the tree, or there is none */
    size_t room;               /* bytes of it */
    uint32_t newest;           /* where in it its last record begins; 0: not known */
    struct stream_id before_newest;

    struct stream_id last;        /* that was ever added, or was set */
    struct stream_id max_removed; /* by XDEL; or was set */
    uint64_t added;               /* entries that ever were, or were set */
    size_t len;

    struct stream_group **groups; /* by name */
    size_t group_count, group_room;
    size_t bytes;       /* real sizes of the root, its blocks and the row of groups */
    size_t group_bytes; /* and of the groups */
    uint64_t shape;     /* another one whenever records have moved, or a block has */
};

struct stream_root *stream_root_make(void);
void stream_root_add(struct stream_root *root, const struct stream_new *entry,
                     const struct value_limits *limits);
/* A copy of a block that has entries, behind all others: it begins behind their last entry. What the stream
 * remembers besides its length is the owner's to say. */
void stream_root_append(struct stream_root *root, const struct stream_block *block);
/* The record in front of which the cursor stands, in the block of the path; or in the open block, if NULL. */
void stream_root_remove(struct stream_root *root, struct tree_path *path, const struct stream_cursor *cursor);
/* The first block. NULL: there is none. */
struct stream_block *stream_root_first(const struct stream_root *root);
/* Free the first block. */
void stream_root_drop_first(struct stream_root *root);
/* Remove what is before the cursor in the first block, `count` entries, though that be all. */
void stream_root_cut_first(struct stream_root *root, const struct stream_cursor *cursor, uint32_t count);

/* From block to block; either way. Good until the stream is written to. */
struct stream_place {
    const struct stream_block *block; /* NULL: there is none */
    struct tree_path path;
    bool is_open;
};
/* The block that has `id` if any has, or else one beside where it would be. */
struct stream_place stream_root_seek(const struct stream_root *root, struct stream_id id);
/* False, and nothing moved: there is none. */
bool stream_place_next(const struct stream_root *root, struct stream_place *place);
bool stream_place_back(const struct stream_root *root, struct stream_place *place);

/* NULL: it is not there. */
struct stream_group *stream_root_group(const struct stream_root *root, struct slice name);
/* Of a name that is not there. */
struct stream_group *stream_root_add_group(struct stream_root *root, struct slice name);
void stream_root_remove_group(struct stream_root *root, struct stream_group *group);

/* As in struct value_type. */
size_t stream_root_bytes(const void *memory);
bool stream_root_drain(void *memory, size_t blocks);
void *stream_root_copy(const void *memory);
void stream_root_compact(void *memory, uint64_t *hand, size_t blocks, const struct value_mover *mover);
bool stream_root_prefetch(const void *memory, uint64_t member_hash, unsigned stage);
void stream_root_check(const struct stream_root *root);

#endif
