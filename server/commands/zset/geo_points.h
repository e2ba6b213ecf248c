/*
 * geo_points.h - the members of a sorted set that are in an area.
 *
 * Threads: plain values. Ownership: members are borrowed from the sorted set, which must not be written to
 * meanwhile.
 */
#ifndef SERVER_COMMANDS_ZSET_GEO_POINTS_H
#define SERVER_COMMANDS_ZSET_GEO_POINTS_H

#include <stddef.h>

#include "storage/types/blocks/atom.h"
#include "storage/types/blocks/value.h"
#include "storage/types/text/geohash.h"

struct geo_found {
    struct atom member;
    double score;
    struct geohash_point point;
    double distance_m; /* from the center */
    size_t order;      /* in which they were found */
};

/* All zero: none. */
struct geo_points {
    struct geo_found *items;
    size_t len;
    size_t cap;
};

enum geo_order { GEO_AS_FOUND, GEO_NEAREST_FIRST, GEO_FARTHEST_FIRST };

/* Cell by cell, in the order of scores within each; at most `limit`, 0: all. */
void geo_points_find(struct geo_points *points, const struct value *zset, const struct geohash_area *area,
                     size_t limit);
/* Keep the first `count` of that order, 0: all. What is equally far stays in the order in which it was found.
 */
void geo_points_sort(struct geo_points *points, enum geo_order order, size_t count);
void geo_points_clear(struct geo_points *points);

#endif
