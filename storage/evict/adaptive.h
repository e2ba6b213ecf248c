/*
 * adaptive.h - S3A: an adaptive, size-aware S3-FIFO that lives in the table.
 *
 * New entries wait in a small queue, the ring. Who is used while there moves on to the main part when its
 * turn comes; who is not, goes. So a scan, whose keys come once, passes through the ring and leaves main as
 * it was. In main a hand goes round and takes who was not used since it last came by.
 *
 *      new --> ring --used--> main --hand--> gone
 *               |                              |
 *               +--unused--> gone              |
 *                             |                |
 *                        ghosts of ring   ghosts of main
 *
 * Two tables of fingerprints remember who went lately, and from where. When one comes back that had gone from
 * the ring, the ring was too small and grows; from main, it shrinks. An entry larger than the mean must have
 * more luck to count as used, a smaller one is passed over more often, so that bytes go where hits are.
 *
 * On an entry it costs three bits of the slot's mark, four bytes while it is in the ring, and two to four for
 * ghosts.
 *
 * Threads: under the shard's lock.
 */
#ifndef STORAGE_EVICT_ADAPTIVE_H
#define STORAGE_EVICT_ADAPTIVE_H

#include <stddef.h>

#include "storage/evict/ghosts.h"
#include "storage/evict/ring.h"
#include "storage/table/table.h"

#define ADAPTIVE_COUNT   3u /* of a mark: uses, up to three */
#define ADAPTIVE_IN_RING 4u /* of a mark */

/* Of one database of one shard; made when first needed, and then kept whatever the policy, so that marks are
 * never stale. */
struct adaptive {
    struct ring ring;
    size_t ring_len;   /* entries marked as in the ring; their hashes in it may be fewer or more */
    size_t ring_bytes; /* of those entries */
    struct ghosts ring_ghosts;
    struct ghosts main_ghosts;
    double target_bytes; /* of ring_bytes; 0: not set yet */
    double ring_size;    /* moving means of what was evicted; 0: nothing yet */
    double main_size;
    struct table_hand hand;
};

void adaptive_destroy(struct adaptive **adaptive);
/* What it takes, to be charged. NULL is nothing. */
size_t adaptive_bytes(const struct adaptive *adaptive);

/* An entry in the ring changed its size, or (to 0) left the table. */
static inline void adaptive_resized(struct adaptive *adaptive, size_t old_bytes, size_t new_bytes)
{
    adaptive->ring_bytes += new_bytes - old_bytes;
    if (new_bytes == 0) adaptive->ring_len--;
}

#endif
