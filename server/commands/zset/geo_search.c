#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/zset/geo_arguments.h"
#include "server/commands/zset/geo_points.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/zset.h"

/* What a command of the family is by its name. */
enum search_kind {
    SEARCH_AROUND_POINT,  /* GEORADIUS: place, radius and unit stand from argv[2] on */
    SEARCH_AROUND_MEMBER, /* GEORADIUSBYMEMBER */
    SEARCH_FREE,          /* GEOSEARCH: options say where */
    SEARCH_FREE_STORE,    /* GEOSEARCHSTORE, into argv[1] */
};

struct search {
    struct call *call;
    enum search_kind kind;
    bool reads_only; /* STORE and STOREDIST are not understood */
    struct value zset;
    struct geohash_area area;
    double metres; /* of the unit */
    enum geo_order order;
    int64_t count; /* 0: all */
    bool any;      /* the first that are found will do */
    bool with_distance, with_hash, with_point;
    bool has_center, from_member, has_shape;
    int store_arg; /* 0: reply */
    bool store_distance;
};

static bool is_free(const struct search *search)
{
    return search->kind >= SEARCH_FREE;
}

static bool refuse(const struct search *search, struct slice error)
{
    reply_error(search->call->reply, error);
    return false;
}

/* Of a sorted set that is absent nobody asks where its members are. */
static bool read_member(struct search *search, int arg)
{
    if (value_len(&search->zset) == 0) return true;
    return geo_find_point(search->call, &search->zset, arg, &search->area.center) ||
           refuse(search, SLICE(ERR_GEO_MEMBER));
}

/* What stands in fixed places. */
static bool read_places(struct search *search)
{
    switch (search->kind) {
    case SEARCH_AROUND_POINT:
        return geo_read_point(search->call, 2, &search->area.center) &&
               geo_read_circle(search->call, 4, &search->area, &search->metres);
    case SEARCH_AROUND_MEMBER:
        /* Not even the radius is looked at then. */
        if (value_len(&search->zset) == 0) return true;
        return read_member(search, 2) && geo_read_circle(search->call, 3, &search->area, &search->metres);
    case SEARCH_FREE:
    case SEARCH_FREE_STORE: return true;
    }
    return true;
}

static bool read_count(struct search *search, int arg)
{
    if (!call_arg_int(search->call, arg, &search->count)) return false;
    return search->count > 0 || refuse(search, SLICE(ERR_GEO_COUNT));
}

/* One word that stands for itself. False: it is none. */
static bool read_flag(struct search *search, int arg)
{
    const struct call *call = search->call;
    if (call_arg_is(call, arg, "withdist")) return search->with_distance = true;
    if (call_arg_is(call, arg, "withhash")) return search->with_hash = true;
    if (call_arg_is(call, arg, "withcoord")) return search->with_point = true;
    if (call_arg_is(call, arg, "any")) return search->any = true;
    if (search->kind == SEARCH_FREE_STORE && call_arg_is(call, arg, "storedist"))
        return search->store_distance = true;
    bool ascending = call_arg_is(call, arg, "asc");
    if (!ascending && !call_arg_is(call, arg, "desc")) return false;
    search->order = ascending ? GEO_NEAREST_FIRST : GEO_FARTHEST_FIRST;
    return true;
}

static bool read_store(struct search *search, int arg, bool distance)
{
    search->store_arg = arg;
    search->store_distance = distance;
    return true;
}

/* The word at argv[*arg] with what stands behind it; moves to the last argument that it takes. */
static bool read_option(struct search *search, int *arg)
{
    struct call *call = search->call;
    int at = *arg, behind = call->argc - at - 1;
    bool stores = !is_free(search) && !search->reads_only;
    if (read_flag(search, at)) return true;
    *arg = at + 1;
    if (behind >= 1 && call_arg_is(call, at, "count")) return read_count(search, at + 1);
    if (behind >= 1 && stores && call_arg_is(call, at, "store")) return read_store(search, at + 1, false);
    if (behind >= 1 && stores && call_arg_is(call, at, "storedist")) return read_store(search, at + 1, true);
    if (!is_free(search)) return refuse(search, SLICE(ERR_SYNTAX));

    bool from_point = search->has_center && !search->from_member,
         circle = search->has_shape && !search->area.is_box;
    if (behind >= 1 && !from_point && call_arg_is(call, at, "frommember")) {
        search->has_center = search->from_member = true;
        return read_member(search, at + 1);
    }
    *arg = at + 2;
    if (behind >= 2 && !search->from_member && call_arg_is(call, at, "fromlonlat")) {
        search->has_center = true;
        return geo_read_point(call, at + 1, &search->area.center);
    }
    if (behind >= 2 && (circle || !search->has_shape) && call_arg_is(call, at, "byradius")) {
        search->has_shape = true;
        return geo_read_circle(call, at + 1, &search->area, &search->metres);
    }
    *arg = at + 3;
    if (behind >= 3 && !circle && call_arg_is(call, at, "bybox")) {
        search->has_shape = true;
        return geo_read_box(call, at + 1, &search->area, &search->metres);
    }
    return refuse(search, SLICE(ERR_SYNTAX));
}

static bool refuse_naming(const struct search *search, const char *format, struct slice name)
{
    reply_errorf(search->call->reply, format, (int)name.len, name.data);
    return false;
}

/* What is missing, or cannot go together. */
static bool options_agree(const struct search *search)
{
    struct slice storer =
        search->kind == SEARCH_FREE_STORE ? SLICE("GEOSEARCHSTORE") : SLICE("STORE option in GEORADIUS");
    if (search->store_arg != 0 && (search->with_distance || search->with_hash || search->with_point))
        return refuse_naming(search, ERR_GEO_STORE_WITH_FMT, storer);
    if (is_free(search) && !search->has_center)
        return refuse_naming(search, ERR_GEO_CENTER_FMT, search->call->argv[0]);
    if (is_free(search) && !search->has_shape)
        return refuse_naming(search, ERR_GEO_SHAPE_FMT, search->call->argv[0]);
    return !search->any || search->count > 0 || refuse(search, SLICE(ERR_GEO_ANY));
}

static bool read_search(struct search *search)
{
    static const int first_option[] = {
        [SEARCH_AROUND_POINT] = 6, [SEARCH_AROUND_MEMBER] = 5, [SEARCH_FREE] = 2, [SEARCH_FREE_STORE] = 3
    };
    if (search->kind == SEARCH_FREE_STORE) search->store_arg = 1;
    if (!read_places(search)) return false;
    for (int arg = first_option[search->kind]; arg < search->call->argc; arg++) {
        if (!read_option(search, &arg)) return false;
    }
    return options_agree(search);
}

static void reply_found(const struct search *search, const struct geo_found *found)
{
    struct call *call = search->call;
    char scratch[NUMBER_I64_MAX];
    size_t extras = (size_t)search->with_distance + search->with_hash + search->with_point;
    if (extras > 0) reply_array(call->reply, 1 + extras);
    reply_bulk(call->reply, atom_text(&found->member, scratch));
    if (search->with_distance) geo_reply_distance(call, found->distance_m / search->metres);
    if (search->with_hash) reply_int(call->reply, (int64_t)found->score);
    if (search->with_point) geo_reply_point(call, found->point);
}

static void store_points(const struct search *search, const struct geo_points *points)
{
    struct call *call = search->call;
    struct value result = collection_make(call, &zset_type);
    for (size_t i = 0; i < points->len; i++) {
        const struct geo_found *found = &points->items[i];
        char scratch[NUMBER_I64_MAX];
        struct member member = collection_member_of(call, atom_text(&found->member, scratch));
        zset_put(&result, &member,
                 search->store_distance ? found->distance_m / search->metres : found->score);
    }
    reply_int(call->reply, (int64_t)points->len);
    collection_store(call, search->store_arg, &result,
                     is_free(search) ? EVENT_GEOSEARCHSTORE : EVENT_GEORADIUSSTORE);
}

static void find_points(const struct search *search, struct geo_points *points)
{
    if (value_len(&search->zset) == 0) return;
    /* Only in order of distance does a count mean anything, unless any will do. */
    enum geo_order order = search->order;
    if (search->count > 0 && order == GEO_AS_FOUND && !search->any) order = GEO_NEAREST_FIRST;
    geo_points_find(points, &search->zset, &search->area, search->any ? (size_t)search->count : 0);
    geo_points_sort(points, order, (size_t)search->count);
}

static void search(struct call *call, enum search_kind kind, bool reads_only)
{
    struct search search = { .call = call, .kind = kind, .reads_only = reads_only, .metres = 1 };
    if (!collection_read(call, kind == SEARCH_FREE_STORE ? 2 : 1, &zset_type, &search.zset)) return;
    if (!read_search(&search)) return;

    struct geo_points points = { 0 };
    find_points(&search, &points);
    if (search.store_arg != 0) {
        store_points(&search, &points);
    } else {
        reply_array(call->reply, points.len);
        for (size_t i = 0; i < points.len; i++) reply_found(&search, &points.items[i]);
    }
    geo_points_clear(&points);
}

static void geosearch(struct call *call)
{
    search(call, SEARCH_FREE, true);
}

static void geosearchstore(struct call *call)
{
    search(call, SEARCH_FREE_STORE, false);
}

static void georadius(struct call *call)
{
    search(call, SEARCH_AROUND_POINT, false);
}

static void georadius_ro(struct call *call)
{
    search(call, SEARCH_AROUND_POINT, true);
}

static void georadiusbymember(struct call *call)
{
    search(call, SEARCH_AROUND_MEMBER, false);
}

static void georadiusbymember_ro(struct call *call)
{
    search(call, SEARCH_AROUND_MEMBER, true);
}

#define GEO    .categories = ACL_GEO, .group = "geo"
#define FAMILY GEO, .tier = TIER_PASS
#define READS  GEO, .tier = TIER_PASS | TIER_TYPED
#define COST                                                                                                 \
    "O(N + M log M), N being the number of members in cells around the area and M that of those in it"
#define UNIT   "<M | KM | FT | MI>"
#define CENTER "<FROMMEMBER member | FROMLONLAT longitude latitude>"
#define SHAPE  "<BYRADIUS radius " UNIT " | BYBOX width height " UNIT ">"
#define WITH   "[WITHCOORD] [WITHDIST] [WITHHASH]"
#define COUNT  "[COUNT count [ANY]]"
#define FOUND  "array of bulk strings, or of arrays with what was asked for besides"

#define GEORADIUS_VALUES "COUNT+ STORE+ STOREDIST+"

const struct command geo_search_commands[] = {
    { "geosearch", geosearch, .syntax = "key " CENTER " " SHAPE " [ASC | DESC] " COUNT " " WITH,
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, READS, .since = "6.2.0", .cost = COST,
      .reply = FOUND, .summary = "The members in a circle or a box." },
    { "geosearchstore", geosearchstore,
      .syntax = "destination source " CENTER " " SHAPE " [ASC | DESC] " COUNT " [STOREDIST]",
      .keys = { KEY(1, KEY_OW | KEY_UPDATE), KEY(2, KEY_RO | KEY_ACCESS) }, .flags = CMD_WRITE | CMD_GROWS,
      FAMILY, .since = "6.2.0", .cost = COST, .reply = "integer",
      .summary = "Store the members in a circle or a box in another key." },
    { "georadius", georadius,
      .syntax = "key longitude latitude radius " UNIT " " WITH " " COUNT
                " [ASC | DESC] [STORE key] [STOREDIST key]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS),
                KEY_AFTER("STORE", 6, KEY_OW | KEY_UPDATE, .values = GEORADIUS_VALUES),
                KEY_AFTER("STOREDIST", 6, KEY_OW | KEY_UPDATE, .values = GEORADIUS_VALUES) },
      .flags = CMD_WRITE | CMD_GROWS, FAMILY, .since = "3.2.0", .cost = COST,
      .reply = FOUND "; with STORE integer", .summary = "The members around a place.",
      .deprecated_since = "6.2.0",
      .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument" },
    { "georadius_ro", georadius_ro,
      .syntax = "key longitude latitude radius " UNIT " " WITH " " COUNT " [ASC | DESC]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, READS, .since = "3.2.10", .cost = COST,
      .reply = FOUND, .summary = "The members around a place, without storing them.",
      .deprecated_since = "6.2.0", .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument" },
    { "georadiusbymember", georadiusbymember,
      .syntax = "key member radius " UNIT " " WITH " " COUNT " [ASC | DESC] [STORE key] [STOREDIST key]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS),
                KEY_AFTER("STORE", 5, KEY_OW | KEY_UPDATE, .values = GEORADIUS_VALUES),
                KEY_AFTER("STOREDIST", 5, KEY_OW | KEY_UPDATE, .values = GEORADIUS_VALUES) },
      .flags = CMD_WRITE | CMD_GROWS, FAMILY, .since = "3.2.0", .cost = COST,
      .reply = FOUND "; with STORE integer", .summary = "The members around one of them.",
      .deprecated_since = "6.2.0",
      .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments" },
    { "georadiusbymember_ro", georadiusbymember_ro,
      .syntax = "key member radius " UNIT " " WITH " " COUNT " [ASC | DESC]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, READS, .since = "3.2.10", .cost = COST,
      .reply = FOUND, .summary = "The members around one of them, without storing them.",
      .deprecated_since = "6.2.0",
      .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments" },
    { 0 },
};
