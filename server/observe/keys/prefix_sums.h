/*
 * prefix_sums.h - how many keys and bytes there are of each prefix, exactly, in bounded memory.
 *
 * A prefix gets a row when it is first met, as long as there is room; then all of it is in that row, since
 * rows are given up only all at once. What found no room is in the totals alone, and by Space-Saving
 * (Metwally, Agrawal and El Abbadi 2005) among some candidates, from which the next run is begun: so what is
 * large gets its row there before anything else can take the last one.
 *
 * Threads: one at a time.
 */
#ifndef SERVER_OBSERVE_KEYS_PREFIX_SUMS_H
#define SERVER_OBSERVE_KEYS_PREFIX_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/observe/keys/prefix.h"

#define PREFIX_ROWS       1024
#define PREFIX_CANDIDATES 64

struct prefix_row {
    uint64_t hash;
    uint64_t keys, bytes;
    size_t len;
    char name[PREFIX_NAME_MAX];
};

struct prefix_sums {
    uint64_t keys, bytes; /* of all, rows or not */
    size_t len;
    bool is_full; /* some prefix found no room */
    struct prefix_row rows[PREFIX_ROWS];
    struct prefix_row candidates[PREFIX_CANDIDATES]; /* `bytes` may be of others too; 0: free */
    uint16_t index[2 * PREFIX_ROWS];                 /* by hash: a row's place plus 1; 0: free */
};

static inline struct slice prefix_row_name(const struct prefix_row *row)
{
    return slice_of(row->name, row->len);
}

void prefix_sums_clear(struct prefix_sums *sums);
/* `hash` of the prefix, always made alike; `keys` is 1, or 0 of what takes memory and is no key. */
void prefix_sums_add(struct prefix_sums *sums, struct slice prefix, uint64_t hash, unsigned keys,
                     uint64_t bytes);
/* A row for it, though nothing was met of it yet. */
void prefix_sums_seed(struct prefix_sums *sums, struct slice prefix, uint64_t hash);
/* NULL: there is no row, so nothing was met of it or it is among the rest. */
const struct prefix_row *prefix_sums_find(const struct prefix_sums *sums, struct slice prefix, uint64_t hash);

/* Pointers to the rows that have any, most bytes first: how many are in `out`, at most `most`. */
size_t prefix_sums_top(const struct prefix_sums *sums, const struct prefix_row **out, size_t most);

#endif
