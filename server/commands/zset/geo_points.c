#include "server/commands/zset/geo_points.h"

#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "storage/types/zset.h"

static struct geo_found *add(struct geo_points *points)
{
    ARRAY_RESERVE(points->items, points->len, points->cap, 16);
    return &points->items[points->len++];
}

static void find_in_range(struct geo_points *points, const struct value *zset,
                          const struct geohash_area *area, const struct geohash_range *range, size_t limit)
{
    struct geo_found found;
    struct zset_walk walk = zset_walk(zset, zset_rank_of_score(zset, range->from, false), ZSET_UP);
    while (zset_next(&walk, &found.member, &found.score) && found.score < range->to) {
        if (limit != 0 && points->len == limit) return;
        found.point = geohash_decode(found.score);
        if (!geohash_area_has(area, found.point, &found.distance_m)) continue;
        found.order = points->len;
        *add(points) = found;
    }
}

void geo_points_find(struct geo_points *points, const struct value *zset, const struct geohash_area *area,
                     size_t limit)
{
    struct geohash_range ranges[GEOHASH_COVER_MAX];
    size_t len = geohash_cover(area, ranges);
    for (size_t i = 0; i < len; i++) find_in_range(points, zset, area, &ranges[i], limit);
}

static int nearest_first(const void *a, const void *b)
{
    const struct geo_found *x = a, *y = b;
    if (x->distance_m != y->distance_m) return x->distance_m < y->distance_m ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int farthest_first(const void *a, const void *b)
{
    const struct geo_found *x = a, *y = b;
    if (x->distance_m != y->distance_m) return x->distance_m > y->distance_m ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

void geo_points_sort(struct geo_points *points, enum geo_order order, size_t count)
{
    if (order != GEO_AS_FOUND && points->len > 1)
        qsort(points->items, points->len, sizeof *points->items,
              order == GEO_NEAREST_FIRST ? nearest_first : farthest_first);
    if (count != 0 && count < points->len) points->len = count;
}

void geo_points_clear(struct geo_points *points)
{
    alloc_free(points->items);
    *points = (struct geo_points){ 0 };
}
