/*
 * geohash.h - places on the earth as scores of a sorted set, and the scores among which those of an area are.
 *
 * A score is 52 bits: the cells of longitude (odd bits) and latitude (even bits) of a grid that is halved 26
 * times, so that what is near is mostly near in score as well. Latitudes end at those of the Mercator
 * projection. Every formula is Redis's, in its order of operations: clients compare the digits.
 *
 * Threads: no state.
 */
#ifndef STORAGE_TYPES_TEXT_GEOHASH_H
#define STORAGE_TYPES_TEXT_GEOHASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEOHASH_LONGITUDE_MAX 180.0
#define GEOHASH_LATITUDE_MAX  85.05112878

/* In degrees. */
struct geohash_point {
    double longitude, latitude;
};

/* Is it a place that has a score? NaN is none. */
bool geohash_is_place(struct geohash_point point);

/* Of a place; within 2^54, so that a double holds it. */
uint64_t geohash_encode(struct geohash_point point);
/* The middle of the cell of a score, whatever number it is. */
struct geohash_point geohash_decode(double score);

/* Along a great circle. */
double geohash_distance_m(struct geohash_point a, struct geohash_point b);

/* The common text form, with latitudes up to 90 degrees; its last character is always 0. Not terminated. */
#define GEOHASH_TEXT 11
void geohash_write(struct geohash_point point, char out[GEOHASH_TEXT]);

/* A circle, or a box that stands upright. */
struct geohash_area {
    struct geohash_point center;
    bool is_box;
    double radius_m;
    double width_m, height_m;
};

/* Is the point in it? Tells how far it is from the center then. */
bool geohash_area_has(const struct geohash_area *area, struct geohash_point point, double *distance_m);

/* Scores from `from` up to but not including `to`. */
struct geohash_range {
    double from, to;
};

#define GEOHASH_COVER_MAX 9
/* The ranges that hold all of the area, and more; how many. In Redis's order, which replies show: the cell of
 * the center, then north, south, east, west, north-east, north-west, south-east, south-west. */
size_t geohash_cover(const struct geohash_area *area, struct geohash_range ranges[GEOHASH_COVER_MAX]);

#endif
