/*
 * zset_fill.h - a large sorted set made of many members at once (zset_root.h).
 *
 *     struct zset_fill fill;
 *     zset_fill_init(&fill, root, members);
 *     for each member, in order: if (!zset_fill_add(&fill, &member, score)) it is out of order;
 *     bool distinct = zset_fill_end(&fill);
 *
 * Members come in the order of the set or in the opposite one, which the first two of them say. Leaves are
 * made once, full; what finds members is dealt out to bins (bins.h) and every bucket of the index made once.
 * A member that is out of order ends that: what came before is to be ended, and the rest put one by one.
 *
 * Until the end nothing may be asked of the set. Threads: as value.h.
 */
#ifndef STORAGE_TYPES_BULK_ZSET_FILL_H
#define STORAGE_TYPES_BULK_ZSET_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "storage/types/bulk/bins.h"
#include "storage/types/bulk/draft.h"
#include "storage/types/large/zset_root.h"

struct zset_fill {
    struct zset_root *root;
    struct draft draft;
    uint32_t leaf; /* number of the one that the draft becomes */
    bool rises;
    size_t count;
    uint64_t order;       /* of the last one's score */
    struct bins slots;    /* of the index: a leaf's number is the record */
    struct buffer leaves; /* struct tree_leaf, as they were made */
    struct buffer bucket; /* uint32_t: the slots of one */
    bool comes_twice;     /* some member does */
};

/* Of a set that has nothing. So many are to come, as far as is known. */
void zset_fill_init(struct zset_fill *fill, struct zset_root *root, size_t members);
/* False: it is not between what came last and what is to come, and is not in the set. */
bool zset_fill_add(struct zset_fill *fill, const struct member *member, double score);
/* To be called in any case. False: some member came twice; the set may be drained then, and nothing else. */
bool zset_fill_end(struct zset_fill *fill);

#endif
