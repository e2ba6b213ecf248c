/*
 * zset_root.h - a large sorted set: a tree of packed leaves in order, and an index from member to leaf.
 *
 *     index: leaf number, tag              leaves: number -> block            tree: keys, counts, leaf
 * numbers "alice" --hash--> 17 | a3   ------>  17 -> | 93.5 bob | 94 alice |  <---  by score, member or rank
 *
 * A leaf is within 1 KiB, or has one member. Key of a leaf in the tree: its first score, and the first eight
 * bytes of that member.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_TYPES_LARGE_ZSET_ROOT_H
#define STORAGE_TYPES_LARGE_ZSET_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/member.h"
#include "storage/types/blocks/packed.h"
#include "storage/types/large/tree.h"
#include "storage/types/large/zset_index.h"
#include "storage/types/large/zset_leaves.h"
#include "storage/types/large/zset_record.h"

/* Bytes of a leaf with several members. */
#define ZSET_LEAF_MAX 1024

struct zset_root {
    struct tree tree;
    struct zset_leaves leaves;
    struct zset_index index;
    size_t bytes;  /* real sizes of the leaves and this */
    uint64_t seed; /* of members' hashes */
    bool is_skiplist;
    uint32_t
        fetched[2]; /* leaves at the beginning and at the end whose slots were fetched last; none at first */
};

/* Where a record is, until the set is written to. */
struct zset_place {
    uint32_t leaf;
    size_t at;
    double score;
};

/* The first or the last record, until the set is written to. */
struct zset_tip {
    struct tree_path path; /* of a large set, to its leaf */
    struct packed_record record;
    size_t at; /* in its block */
    bool last;
};

/* With the members of a small set's block. */
struct zset_root *zset_root_make(const char *block, uint64_t seed);
void zset_root_reserve(struct zset_root *root, size_t members);

static inline size_t zset_root_len(const struct zset_root *root)
{
    return root->tree.count;
}

/* The leaf that a record at the bound is in, or is to be put into. Of a set that is not empty. */
uint32_t zset_root_seek(const struct zset_root *root, const struct zset_bound *bound, struct tree_path *path);

bool zset_root_find(const struct zset_root *root, const struct member *member, struct zset_place *place);
size_t zset_root_rank(const struct zset_root *root, const struct member *member,
                      const struct zset_place *place);
size_t zset_root_count_before(const struct zset_root *root, const struct zset_bound *bound);
/* The block with the record of `rank`, which is less than the length; *within is its place there. */
const char *zset_root_at(const struct zset_root *root, size_t rank, size_t *within);

/* A member that is not there. */
void zset_root_add(struct zset_root *root, const struct member *member, double score);
/* One that is, with another score. */
void zset_root_move(struct zset_root *root, const struct zset_place *place, const struct member *member,
                    double score);
void zset_root_remove(struct zset_root *root, const struct zset_place *place, const struct member *member);
void zset_root_remove_ranks(struct zset_root *root, size_t rank, size_t count);
/* Of a set that is not empty. */
void zset_root_tip(const struct zset_root *root, bool last, struct zset_tip *tip);
/* Remove it. */
void zset_root_remove_tip(struct zset_root *root, struct zset_tip *tip);

uint64_t zset_root_scan(const struct zset_root *root, uint64_t cursor,
                        void (*visit)(void *context, const struct atom *member, double score), void *context);

/* As in struct value_type; `memory` is the root. */
size_t zset_root_bytes(const void *memory);
bool zset_root_drain(void *memory, size_t blocks);
void *zset_root_copy(const void *memory);
void zset_root_compact(void *memory, uint64_t *hand, size_t blocks, const struct value_mover *mover);
bool zset_root_prefetch(const void *memory, uint64_t member_hash, unsigned stage);
void zset_root_check(const struct zset_root *root);

#endif
