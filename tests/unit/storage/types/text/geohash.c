#include "storage/types/text/geohash.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/random.h"

static const struct geohash_point palermo = { 13.361389, 38.115556 };
static const struct geohash_point catania = { 15.087269, 37.502669 };

Test(geohash, a_place_has_the_score_that_redis_gives_it)
{
    cr_expect_eq(geohash_encode(palermo), 3479099956230698);
    cr_expect_eq(geohash_encode(catania), 3479447370796909);
    cr_expect_eq(geohash_encode((struct geohash_point){ 0, 0 }), 0xC000000000000);
    cr_expect_eq(geohash_encode((struct geohash_point){ -180, -85.05112878 }), 0);
}

Test(geohash, a_score_is_the_middle_of_its_cell)
{
    struct geohash_point point = geohash_decode(3479099956230698);
    char text[64];
    snprintf(text, sizeof text, "%.17Lf %.17Lf", (long double)point.longitude, (long double)point.latitude);
    cr_expect_str_eq(text, "13.36138933897018433 38.11555639549629859");
}

Test(geohash, any_number_is_some_place)
{
    const double scores[] = { -1, -0x1p63, -1e30, 0x1p52, 0x1p63, 0x1p64, 1e300, INFINITY, -INFINITY, NAN };
    for (size_t i = 0; i < sizeof scores / sizeof *scores; i++)
        cr_expect(geohash_is_place(geohash_decode(scores[i])), "%g", scores[i]);
}

Test(geohash, a_place_is_within_the_borders)
{
    cr_expect(geohash_is_place((struct geohash_point){ 180, 85.05112878 }));
    cr_expect(geohash_is_place((struct geohash_point){ -180, -85.05112878 }));
    cr_expect_not(geohash_is_place((struct geohash_point){ 180.1, 0 }));
    cr_expect_not(geohash_is_place((struct geohash_point){ 0, -85.06 }));
    cr_expect_not(geohash_is_place((struct geohash_point){ NAN, 0 }));
    cr_expect_not(geohash_is_place((struct geohash_point){ 0, NAN }));
}

Test(geohash, distances_are_those_of_redis)
{
    struct geohash_point from = geohash_decode((double)geohash_encode(palermo));
    struct geohash_point to = geohash_decode((double)geohash_encode(catania));
    char text[32];
    snprintf(text, sizeof text, "%.4f", geohash_distance_m(from, to));
    cr_expect_str_eq(text, "166274.1516");
    cr_expect_eq(geohash_distance_m(from, from), 0);
}

Test(geohash, the_text_form_ends_in_0)
{
    char text[GEOHASH_TEXT + 1] = "";
    geohash_write(geohash_decode((double)geohash_encode(palermo)), text);
    cr_expect_str_eq(text, "sqc8b49rny0");
    geohash_write(geohash_decode((double)geohash_encode(catania)), text);
    cr_expect_str_eq(text, "sqdtr74hyu0");
}

static struct geohash_point random_place(struct random *random)
{
    return (struct geohash_point){ (double)(random_next(random) >> 11) * 0x1p-53 * 360 - 180,
                                   (double)(random_next(random) >> 11) * 0x1p-53 * 170.1 - 85.05 };
}

/* Somewhere near, so that areas of all sizes have something in them. */
static struct geohash_point beside(struct geohash_point point, double degrees, struct random *random)
{
    struct geohash_point near = random_place(random);
    point.longitude += near.longitude / 180 * degrees;
    point.latitude += near.latitude / 85 * degrees;
    return geohash_is_place(point) ? point : near;
}

/* Up to 60 degrees and 2000 km; over the poles and over the date line Redis finds not all. */
Test(geohash, what_is_in_an_area_is_in_the_ranges_that_cover_it)
{
    struct random random = { 1905 };
    size_t inside = 0;
    for (int i = 0; i < 200000; i++) {
        double size_m = exp((double)random_below(&random, 1450) / 100), distance_m;
        struct geohash_area area = { .center = random_place(&random),
                                     .is_box = random_chance(&random, 50),
                                     .radius_m = size_m,
                                     .width_m = size_m,
                                     .height_m = size_m * 1.5 };
        if (fabs(area.center.latitude) > 60 || fabs(area.center.longitude) > 150) continue;
        double score = (double)geohash_encode(beside(area.center, size_m / 100000, &random));
        if (!geohash_area_has(&area, geohash_decode(score), &distance_m)) continue;

        struct geohash_range ranges[GEOHASH_COVER_MAX];
        size_t len = geohash_cover(&area, ranges), found = 0;
        for (size_t j = 0; j < len; j++) found += score >= ranges[j].from && score < ranges[j].to;
        cr_assert_eq(found, 1, "%f %f %fm: found %zu times in %zu", area.center.longitude,
                     area.center.latitude, size_m, found, len);
        inside++;
    }
    cr_expect_gt(inside, 10000);
}

Test(geohash, odd_areas_are_covered_without_harm)
{
    const double sizes[] = { 0, 1e-300, 1e7, 1e300, INFINITY };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int corner = 0; corner < 4; corner++) {
            struct geohash_range ranges[GEOHASH_COVER_MAX];
            struct geohash_area area = { .center = { corner % 2 ? 180 : -180,
                                                     corner / 2 ? 85.05112878 : -85.05112878 },
                                         .radius_m = sizes[i] };
            size_t len = geohash_cover(&area, ranges);
            cr_expect(len >= 1 && len <= GEOHASH_COVER_MAX);
            for (size_t j = 0; j < len; j++) cr_expect_lt(ranges[j].from, ranges[j].to);
        }
    }
}
