/*
 * list.h - elements in order: one packed block, or a counted tree of blocks between two open ends.
 *
 * Indexes count from 0 at the head; negative ones are the caller's to resolve. OBJECT ENCODING: listpack
 * within `list_size`, quicklist beyond, and back as in Redis 7.2 at half of it. Threads: the owner's lock.
 */
#ifndef STORAGE_TYPES_LIST_H
#define STORAGE_TYPES_LIST_H

#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/packed.h"
#include "storage/types/blocks/value.h"
#include "storage/types/bulk/draft.h"
#include "storage/types/large/list_side.h"

extern const struct value_type list_type;

/* What a command is about to push, insert or set: so many elements of so many bytes together. Redis names the
 * encoding by the sum, before it writes, so every command that writes elements says it once, first; whoever
 * builds a list apart says 0 and 0 after the last. Nothing else makes a listpack a quicklist. */
void list_expect(struct value *list, size_t elements, size_t bytes);

/* No text may lie in the list. */
void list_push(struct value *list, enum list_side side, struct slice element);
/* The element at `index`, which is less than its length. */
struct atom list_at(const struct value *list, size_t index);
void list_set(struct value *list, size_t index, struct slice element);
/* So that it stands at `index`, at most the length. */
void list_insert(struct value *list, size_t index, struct slice element);
/* `count` elements from `index` on. A pop is list_at() and list_remove() of one, O(1) at either end. */
void list_remove(struct value *list, size_t index, size_t count);

/*
 * A list that is empty, made of many elements at once: blocks are made when it is known what is in them.
 *
 *     struct list_fill fill;
 *     list_fill_init(&fill, list);
 *     for each element: list_fill_add(&fill, &element);
 *     list_fill_end(&fill);
 *
 * Until the end nothing else may be asked of the list; then it is named as well.
 */
struct list_fill {
    struct value *list;
    struct draft draft;
    size_t listpack_bytes; /* of the draft, as they would be in Redis */
};
void list_fill_init(struct list_fill *fill, struct value *list);
void list_fill_add(struct list_fill *fill, const struct atom *element);
/* To be called in any case. */
void list_fill_end(struct list_fill *fill);

/* From `index` on towards one side, or from there back. */
struct list_walk {
    const struct value *list;
    enum list_side towards;
    struct packed_walk block; /* its own: where it is */
    size_t index;             /* of the next block's first element; towards the head, behind its last */
    bool goes_on;             /* it has been through a block */
};
/* `index` may be the length (towards the tail: nothing). */
struct list_walk list_walk(const struct value *list, size_t index, enum list_side towards);
bool list_next(struct list_walk *walk, struct atom *element);

#endif
