/*
 * list_root.h - a large list: closed blocks in a tree between two open ends.
 *
 *     head block   [ tree of closed blocks ]   tail block
 *
 * A push or pop touches one end, which is not in the tree and has room to grow. An end that is full is
 * closed, cut to size, and goes into the tree; one that has run empty stays so until something is taken
 * there, and then takes the tree's outermost block over. An element larger than a block has one to itself.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_TYPES_LARGE_LIST_ROOT_H
#define STORAGE_TYPES_LARGE_LIST_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/packed.h"
#include "storage/types/large/list_side.h"
#include "storage/types/large/tree.h"

/* Bytes from which on an end is closed, as soon as it fills its size class; and of any block with several
 * elements. */
#define LIST_BLOCK_MAX   1024
#define LIST_BLOCK_LIMIT 4096

struct list_end {
    char *block; /* NULL: nothing */
    size_t size; /* of the packed block */
    size_t room;
};

struct list_root {
    struct tree tree;
    struct list_end ends[2]; /* by enum list_side */
    size_t bytes;            /* real sizes, but for the tree's nodes */
    size_t listpack_bytes;   /* what it would weigh in Redis */
    bool is_quicklist;       /* its name there */
};

/* With the elements of a small list's block. */
struct list_root *list_root_make(const char *block);

size_t list_root_len(const struct list_root *root);
/* The block with the element at `index`, which is less than the length; *within is its place there. */
const char *list_root_at(const struct list_root *root, size_t index, size_t *within);

void list_root_insert(struct list_root *root, size_t index, const struct packed_new *record);
/* Whether the last block, of `size` bytes, is to be closed rather than grow to `next`. */
bool list_root_is_full(size_t size, size_t next);
/* A block of its exact size behind the others, which the list owns from now on. In Redis its elements would
 * weigh `listpack_bytes`. */
void list_root_append(struct list_root *root, char *block, size_t size, size_t listpack_bytes);
void list_root_replace(struct list_root *root, size_t index, const struct packed_new *record);
void list_root_remove(struct list_root *root, size_t index, size_t count);

/* As in struct value_type; `memory` is the root. */
size_t list_root_bytes(const void *memory);
bool list_root_drain(void *memory, size_t blocks);
void *list_root_copy(const void *memory);
void list_root_compact(void *memory, uint64_t *hand, size_t blocks, const struct value_mover *mover);
bool list_root_prefetch(const void *memory, uint64_t member_hash, unsigned stage);
void list_root_check(const struct list_root *root);

#endif
