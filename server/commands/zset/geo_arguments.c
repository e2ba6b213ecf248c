#include "server/commands/zset/geo_arguments.h"

#include <math.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/collection/collection.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "storage/types/zset.h"

bool geo_read_point(struct call *call, int arg, struct geohash_point *point)
{
    if (!call_arg_double(call, arg, &point->longitude, SLICE(ERR_NOT_FLOAT))) return false;
    if (!call_arg_double(call, arg + 1, &point->latitude, SLICE(ERR_NOT_FLOAT))) return false;
    if (geohash_is_place(*point)) return true;
    reply_errorf(call->reply, ERR_GEO_PLACE_FMT, point->longitude, point->latitude);
    return false;
}

bool geo_read_unit(struct call *call, int arg, double *metres)
{
    static const struct {
        const char *name;
        double metres;
    } units[] = { { "m", 1 }, { "km", 1000 }, { "ft", 0.3048 }, { "mi", 1609.34 } };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!call_arg_is(call, arg, units[i].name)) continue;
        *metres = units[i].metres;
        return true;
    }
    reply_error(call->reply, SLICE(ERR_GEO_UNIT));
    return false;
}

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

bool geo_read_circle(struct call *call, int arg, struct geohash_area *area, double *metres)
{
    double radius;
    if (!call_arg_double(call, arg, &radius, SLICE(ERR_GEO_RADIUS))) return false;
    if (radius < 0) return refuse(call, SLICE(ERR_GEO_RADIUS_NEGATIVE));
    if (!geo_read_unit(call, arg + 1, metres)) return false;
    area->is_box = false;
    area->radius_m = radius * *metres;
    return true;
}

bool geo_read_box(struct call *call, int arg, struct geohash_area *area, double *metres)
{
    double width, height;
    if (!call_arg_double(call, arg, &width, SLICE(ERR_GEO_WIDTH))) return false;
    if (!call_arg_double(call, arg + 1, &height, SLICE(ERR_GEO_HEIGHT))) return false;
    if (width < 0 || height < 0) return refuse(call, SLICE(ERR_GEO_BOX_NEGATIVE));
    if (!geo_read_unit(call, arg + 2, metres)) return false;
    area->is_box = true;
    area->width_m = width * *metres;
    area->height_m = height * *metres;
    return true;
}

bool geo_find_point(struct call *call, const struct value *zset, int arg, struct geohash_point *point)
{
    struct member member = collection_member(call, arg);
    double score;
    if (!zset_score(zset, &member, &score)) return false;
    *point = geohash_decode(score);
    return true;
}

/* Rounded as Redis does it, which is not in every case how printf() would. Nothing on earth is so far away
 * that it does not fit. */
void geo_reply_distance(struct call *call, double distance)
{
    long long rounded = llrint(distance * 10000);
    reply_bulkf(call->reply, "%lld.%04lld", rounded / 10000, rounded % 10000);
}

void geo_reply_point(struct call *call, struct geohash_point point)
{
    reply_array(call->reply, 2);
    reply_long_double(call->reply, point.longitude);
    reply_long_double(call->reply, point.latitude);
}
