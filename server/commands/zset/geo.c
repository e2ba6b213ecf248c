#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/zset/geo_arguments.h"
#include "server/commands/zset/zset_add.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/zset.h"

static bool read_word(struct zset_addition *addition, const struct call *call, int arg)
{
    if (call_arg_is(call, arg, "nx")) return addition->if_absent = true;
    if (call_arg_is(call, arg, "xx")) return addition->if_present = true;
    if (call_arg_is(call, arg, "ch")) return addition->count_all = true;
    return false;
}

static bool read_words(struct zset_addition *addition, struct call *call)
{
    int arg = 2;
    while (arg < call->argc && read_word(addition, call, arg)) arg++;
    addition->first = arg + 2;
    addition->step = 3;
    addition->count = (size_t)(call->argc - arg) / 3;
    if (addition->count > 0 && (call->argc - arg) % 3 == 0 && !(addition->if_absent && addition->if_present))
        return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static bool read_places(const struct zset_addition *addition, struct call *call, double *scores)
{
    for (size_t i = 0; i < addition->count; i++) {
        struct geohash_point point;
        if (!geo_read_point(call, addition->first - 2 + (int)i * 3, &point)) return false;
        scores[i] = (double)geohash_encode(point);
    }
    return true;
}

static void geoadd(struct call *call)
{
    struct zset_addition addition = { 0 };
    struct zset_scores room;
    if (!read_words(&addition, call)) return;

    double *scores = zset_scores_init(&room, addition.count);
    addition.scores = scores;
    if (read_places(&addition, call, scores)) zset_add(call, &addition);
    zset_scores_clear(&room);
}

static void geopos(struct call *call)
{
    struct value zset;
    if (!collection_read(call, 1, &zset_type, &zset)) return;

    reply_array(call->reply, (size_t)call->argc - 2);
    for (int arg = 2; arg < call->argc; arg++) {
        struct geohash_point point;
        if (geo_find_point(call, &zset, arg, &point)) {
            geo_reply_point(call, point);
        } else {
            reply_null_array(call->reply);
        }
    }
}

static void geohash(struct call *call)
{
    struct value zset;
    if (!collection_read(call, 1, &zset_type, &zset)) return;

    reply_array(call->reply, (size_t)call->argc - 2);
    for (int arg = 2; arg < call->argc; arg++) {
        struct geohash_point point;
        if (geo_find_point(call, &zset, arg, &point)) {
            geohash_write(point, reply_bulk_space(call->reply, GEOHASH_TEXT));
        } else {
            reply_null(call->reply);
        }
    }
}

static void geodist(struct call *call)
{
    struct value zset;
    double metres = 1;
    if (call->argc > 5) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    if (call->argc == 5 && !geo_read_unit(call, 4, &metres)) return;
    if (!collection_read(call, 1, &zset_type, &zset)) return;

    struct geohash_point from, to;
    if (geo_find_point(call, &zset, 2, &from) && geo_find_point(call, &zset, 3, &to)) {
        geo_reply_distance(call, geohash_distance_m(from, to) / metres);
    } else {
        reply_null(call->reply);
    }
}

#define READS                                                                                                \
    .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_GEO, .group = "geo",   \
    .tier = TIER_PASS | TIER_TYPED, .since = "3.2.0"

const struct command geo_commands[] = {
    { "geoadd", geoadd,
      .syntax = "key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_GEO,
      .group = "geo", .tier = TIER_PASS, .since = "3.2.0",
      .cost = "O(log N) for each member, N being the size of the sorted set", .reply = "integer",
      .summary = "Add members with the places where they are." },
    { "geopos", geopos, .syntax = "key [member [member ...]]", READS,
      .cost = "O(N), N being the number of members", .reply = "array of longitudes and latitudes, or nulls",
      .summary = "Where members are." },
    { "geohash", geohash, .syntax = "key [member [member ...]]", READS,
      .cost = "O(N), N being the number of members", .reply = "array of bulk strings and nulls",
      .summary = "Where members are, as geohashes." },
    { "geodist", geodist, .syntax = "key member1 member2 [M | KM | FT | MI]", READS, .cost = "O(1)",
      .reply = "bulk string or null", .summary = "How far two members are from each other." },
    { 0 },
};
