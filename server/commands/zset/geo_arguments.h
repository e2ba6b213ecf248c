/*
 * geo_arguments.h - places, distances and units as the commands of the geo family take and tell them.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ZSET_GEO_ARGUMENTS_H
#define SERVER_COMMANDS_ZSET_GEO_ARGUMENTS_H

#include <stdbool.h>

#include "storage/types/blocks/value.h"
#include "storage/types/text/geohash.h"

struct call;

/* All of these: false, and the error has been replied. */

/* Longitude and latitude in argv[arg] and the next. */
bool geo_read_point(struct call *call, int arg, struct geohash_point *point);
/* How many metres are one of the unit in argv[arg]. */
bool geo_read_unit(struct call *call, int arg, double *metres);
/* Radius and unit in argv[arg] and the next; width, height and unit from argv[arg] on. `metres` as above. */
bool geo_read_circle(struct call *call, int arg, struct geohash_area *area, double *metres);
bool geo_read_box(struct call *call, int arg, struct geohash_area *area, double *metres);

/* Where the member argv[arg] of `zset` is. False: there is none, and nothing was replied. */
bool geo_find_point(struct call *call, const struct value *zset, int arg, struct geohash_point *point);

/* With four digits behind the point. */
void geo_reply_distance(struct call *call, double distance);
/* Longitude and latitude. */
void geo_reply_point(struct call *call, struct geohash_point point);

#endif
