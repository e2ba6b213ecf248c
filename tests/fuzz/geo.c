/*
 * geo.c - any four numbers, as the place, the size and the score that a client may send to the geo commands.
 */
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "server/commands/zset/zset_bounds.h"
#include "storage/types/text/geohash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Up to the next blank; 0 is what cannot be read. */
static double take_number(struct slice *text)
{
    double value = 0;
    const char *blank = memchr(text->data, ' ', text->len);
    size_t len = blank == NULL ? text->len : (size_t)(blank - text->data);
    if (!number_parse_double(slice_of(text->data, len), &value)) value = 0;
    len += blank != NULL;
    *text = slice_of(text->data + len, text->len - len);
    return value;
}

/* A place is found again in the cell that its score stands for. */
static void check_place(struct geohash_point point)
{
    uint64_t bits = geohash_encode(point);
    struct geohash_point middle = geohash_decode((double)bits);
    INVARIANT(bits < UINT64_C(1) << 54);
    INVARIANT(geohash_is_place(middle));
    char text[GEOHASH_TEXT];
    geohash_write(middle, text);
    for (size_t i = 0; i < sizeof text; i++) INVARIANT(strchr("0123456789bcdefghjkmnpqrstuvwxyz", text[i]));
}

/* The center is in the first range, whatever the area. */
static void check_cover(const struct geohash_area *area)
{
    struct geohash_range ranges[GEOHASH_COVER_MAX];
    size_t len = geohash_cover(area, ranges);
    double score = (double)geohash_encode(area->center);
    INVARIANT(len >= 1 && len <= GEOHASH_COVER_MAX);
    INVARIANT(score >= ranges[0].from && score < ranges[0].to);
    for (size_t i = 0; i < len; i++) INVARIANT(ranges[i].from < ranges[i].to);
}

static void check_bound(struct slice text)
{
    struct zset_edge edge;
    if (zset_edge_read_score(&edge, text)) INVARIANT(edge.score == edge.score);
    if (zset_edge_read_member(&edge, text)) INVARIANT(edge.endless != 0 || edge.member.len + 1 == text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = alloc_bytes(size);
    if (size > 0) memcpy(copy, data, size);
    struct slice text = slice_of(copy, size);
    check_bound(text);

    struct geohash_area area = { 0 };
    area.center.longitude = take_number(&text);
    area.center.latitude = take_number(&text);
    area.radius_m = area.width_m = take_number(&text);
    area.height_m = take_number(&text);
    INVARIANT(geohash_is_place(geohash_decode(area.height_m)));
    if (geohash_is_place(area.center) && area.radius_m >= 0 && area.height_m >= 0) {
        check_place(area.center);
        check_cover(&area);
        area.is_box = true;
        check_cover(&area);
    }
    alloc_free(copy);
    return 0;
}
