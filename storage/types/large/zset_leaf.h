/*
 * zset_leaf.h - changing the leaves of a large sorted set, with what tree and index say of them.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_TYPES_LARGE_ZSET_LEAF_H
#define STORAGE_TYPES_LARGE_ZSET_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/large/zset_root.h"

struct tree_key zset_leaf_key(const char *block);

/* The first leaf, with one record. Its number. */
uint32_t zset_leaf_make(struct zset_root *root, struct tree_path *path, const struct packed_new *record);
/* A record more in the leaf of the path. Its slot is the caller's. True: the leaf is to be cut, once it has
 * one. */
bool zset_leaf_insert(struct zset_root *root, struct tree_path *path, size_t at,
                      const struct packed_new *record);
/* Cut the leaf that begins with the rank `first`, where the record at `at` has just been put, until all are
 * within a leaf's size. */
void zset_leaf_cut(struct zset_root *root, size_t first, size_t at);
/* A record changes in place, and goes before the one at `to`. The leaf's first stays. False: it would become
 * too long, and nothing has changed. */
bool zset_leaf_move(struct zset_root *root, uint32_t leaf, size_t at, size_t to,
                    const struct packed_new *record);

/* Take the slots of some records away. */
void zset_leaf_forget(struct zset_root *root, uint32_t leaf, size_t at, size_t count);
/* Records whose slots are the caller's. The leaf may go, or be joined with a neighbour. */
void zset_leaf_remove(struct zset_root *root, struct tree_path *path, size_t at, size_t count);
/* The record at an end of the set, and its slot. */
void zset_leaf_remove_tip(struct zset_root *root, struct zset_tip *tip);

/* Once slots and leaves agree again. */
void zset_leaf_index_grow(struct zset_root *root);
void zset_leaf_index_shrink(struct zset_root *root, size_t removed);

/* The records of a small set's block, of a set that is empty. */
void zset_leaf_adopt(struct zset_root *root, const char *block);
/* The leaves of another set whose numbers and slots are here already. */
void zset_leaf_copy_all(struct zset_root *root, const struct zset_root *from);
/* The last leaf, whatever its slots. */
void zset_leaf_free_last(struct zset_root *root);

struct zset_index_owner zset_leaf_owner(const struct zset_root *root);

#endif
