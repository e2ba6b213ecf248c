/*
 * pending.h - what a group has delivered and nobody has acknowledged: 28 bytes an entry, in order of ids.
 *
 * A counted tree whose leaves are arrays of records. Deliveries are appended, acknowledgements mostly come
 * for the first: full leaves are left behind, and empty ones go.
 *
 *     record:  ms 8 | seq 8 | time of delivery, Unix ms, 6 | deliveries 2 | consumer's number 4
 *
 * A number of deliveries that two bytes do not hold stands beside the tree, in another such tree.
 *
 * Threads: the owner's lock. Ownership: lives in the owner's memory.
 */
#ifndef STORAGE_TYPES_STREAMS_PENDING_H
#define STORAGE_TYPES_STREAMS_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/large/tree.h"
#include "storage/types/streams/stream_id.h"

struct pending_entry {
    struct stream_id id;
    int64_t delivered_ms; /* 0 to 2^48 */
    uint64_t deliveries;
    uint32_t consumer;
};

struct pending {
    struct tree tree;
    struct pending *many; /* deliveries of those with too many; NULL: there are none */
    size_t bytes;         /* of leaves */
};

/* Owns nothing yet. */
void pending_init(struct pending *pending);
size_t pending_len(const struct pending *pending);
size_t pending_bytes(const struct pending *pending);

bool pending_find(const struct pending *pending, struct stream_id id, struct pending_entry *entry);
/* Whatever was told of its id is so no more: `*old` is what that was. False: nothing was. */
bool pending_put(struct pending *pending, const struct pending_entry *entry, struct pending_entry *old);
/* Remove it; `*old` is what it was. False: it is not there. */
bool pending_take(struct pending *pending, struct stream_id id, struct pending_entry *old);

/* From an id on, upwards. Good until the entries are changed. */
struct pending_walk {
    const struct pending *pending;
    struct tree_path path;
    struct tree_leaf leaf;
    size_t at; /* of the next in the leaf */
};
struct pending_walk pending_walk(const struct pending *pending, struct stream_id from);
bool pending_next(struct pending_walk *walk, struct pending_entry *entry);
/* The last one. False: there is none. */
bool pending_last(const struct pending *pending, struct pending_entry *entry);

/* Free up to `blocks` leaves. False: nothing is left. */
bool pending_drain(struct pending *pending, size_t *blocks);
/* `to` owns nothing yet. */
void pending_copy(struct pending *to, const struct pending *from);
/* Offer the leaf with the entry at `position`, and nodes that begin with it. Returns the entries that the
 * leaf has from there on. */
size_t pending_compact(struct pending *pending, size_t position, const struct value_mover *mover);
void pending_check(const struct pending *pending);

#endif
