#include <math.h>
#include <stdlib.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/numkeys.h"
#include "server/commands/zset/zset_reply.h"
#include "server/commands/zset/zset_source.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

/* What becomes of the scores that a member has in several sources. */
typedef double aggregate(double a, double b);

/* Infinities that cancel each other are 0. */
static double sum(double a, double b)
{
    return isnan(a + b) ? 0 : a + b;
}

static double least(double a, double b)
{
    return b < a ? b : a;
}

static double greatest(double a, double b)
{
    return b > a ? b : a;
}

#define SOURCES_FEW 8
struct algebra {
    struct call *call;
    struct zset_source *sources; /* in the order of the keys */
    size_t len;
    struct zset_source few[SOURCES_FEW];
    aggregate *aggregate;
    bool with_scores;
    int64_t limit; /* of ZINTERCARD; 0: none */
};

static void clear(struct algebra *algebra)
{
    if (algebra->sources != algebra->few) alloc_free(algebra->sources);
}

/* Infinity that is weighed with 0 is 0. */
static double weighed(const struct zset_source *source, double score)
{
    double product = source->weight * score;
    return isnan(product) ? 0 : product;
}

/* By the number of members; floating-point sums depend on the order, and this is Redis's. */
static int smaller_first(const void *a, const void *b)
{
    size_t x = value_len(&((const struct zset_source *)a)->value);
    size_t y = value_len(&((const struct zset_source *)b)->value);
    return (x > y) - (x < y);
}

static void sort(struct algebra *algebra)
{
    qsort(algebra->sources, algebra->len, sizeof *algebra->sources, smaller_first);
}

/* The score of a member that the first source has with `score`, over all. False: one of them lacks it. */
static bool is_common(const struct algebra *algebra, const struct member *member, double *score)
{
    double total = weighed(&algebra->sources[0], *score);
    for (size_t i = 1; i < algebra->len; i++) {
        double other;
        if (!zset_source_find(&algebra->sources[i], member, &other)) return false;
        total = algebra->aggregate(total, algebra->sources[i].weight * other);
    }
    *score = total;
    return true;
}

/* `result` is NULL: its members are only counted, up to the limit. Returns how many there are. */
static size_t intersect(struct algebra *algebra, struct value *result)
{
    struct atom atom;
    double score;
    size_t found = 0;
    sort(algebra);
    struct zset_source_walk walk = zset_source_walk(&algebra->sources[0]);
    while (zset_source_next(&walk, &atom, &score)) {
        char scratch[NUMBER_I64_MAX];
        struct member member = collection_member_of(algebra->call, atom_text(&atom, scratch));
        if (!is_common(algebra, &member, &score)) continue;
        found++;
        if (result != NULL) zset_put(result, &member, score);
        if (algebra->limit != 0 && found == (size_t)algebra->limit) break;
    }
    return found;
}

static void add_source(const struct algebra *algebra, const struct zset_source *source, struct value *result)
{
    struct atom atom;
    double score;
    struct zset_source_walk walk = zset_source_walk(source);
    while (zset_source_next(&walk, &atom, &score)) {
        char scratch[NUMBER_I64_MAX];
        struct member member = collection_member_of(algebra->call, atom_text(&atom, scratch));
        double old;
        score = weighed(source, score);
        if (zset_score(result, &member, &old)) score = algebra->aggregate(old, score);
        zset_put(result, &member, score);
    }
}

static size_t unite(struct algebra *algebra, struct value *result)
{
    sort(algebra);
    zset_reserve(result, value_len(&algebra->sources[algebra->len - 1].value));
    for (size_t i = 0; i < algebra->len; i++) add_source(algebra, &algebra->sources[i], result);
    return value_len(result);
}

static bool others_have(const struct algebra *algebra, const struct member *member)
{
    for (size_t i = 1; i < algebra->len; i++) {
        double score;
        if (zset_source_find(&algebra->sources[i], member, &score)) return true;
    }
    return false;
}

static size_t subtract(struct algebra *algebra, struct value *result)
{
    struct atom atom;
    double score;
    struct zset_source_walk walk = zset_source_walk(&algebra->sources[0]);
    while (zset_source_next(&walk, &atom, &score)) {
        char scratch[NUMBER_I64_MAX];
        struct member member = collection_member_of(algebra->call, atom_text(&atom, scratch));
        if (!others_have(algebra, &member)) zset_put(result, &member, score);
    }
    return value_len(result);
}

/* What a command of the family is. */
struct algebra_form {
    size_t (*operate)(struct algebra *algebra, struct value *result);
    int numkeys_arg;
    enum change_event event; /* it stores into argv[1]; EVENT_NONE: it replies */
    bool counts;             /* ZINTERCARD */
};

static bool read_weights(struct algebra *algebra, int arg)
{
    for (size_t i = 0; i < algebra->len; i++) {
        if (!call_arg_double(algebra->call, arg + (int)i, &algebra->sources[i].weight, SLICE(ERR_WEIGHT)))
            return false;
    }
    return true;
}

static bool read_aggregate(struct algebra *algebra, int arg)
{
    algebra->aggregate = NULL;
    if (call_arg_is(algebra->call, arg, "sum")) algebra->aggregate = sum;
    if (call_arg_is(algebra->call, arg, "min")) algebra->aggregate = least;
    if (call_arg_is(algebra->call, arg, "max")) algebra->aggregate = greatest;
    if (algebra->aggregate != NULL) return true;
    reply_error(algebra->call->reply, SLICE(ERR_SYNTAX));
    return false;
}

/* One option, and where the next may be. */
static bool read_option(struct algebra *algebra, const struct algebra_form *form, int *arg)
{
    struct call *call = algebra->call;
    int at = *arg, behind = call->argc - at - 1;
    bool weighs = form->operate != subtract && !form->counts;
    if (weighs && behind >= (int)algebra->len && call_arg_is(call, at, "weights")) {
        *arg += 1 + (int)algebra->len;
        return read_weights(algebra, at + 1);
    }
    *arg += 2;
    if (weighs && behind >= 1 && call_arg_is(call, at, "aggregate")) return read_aggregate(algebra, at + 1);
    if (form->counts && behind >= 1 && call_arg_is(call, at, "limit"))
        return numkeys_read_limit(call, at + 1, &algebra->limit);
    *arg = at + 1;
    if (form->event == EVENT_NONE && !form->counts && call_arg_is(call, at, "withscores"))
        return algebra->with_scores = true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

/* The sources come before the options: a wrong type is told before a wrong word. */
static bool read(struct algebra *algebra, const struct algebra_form *form, int keys)
{
    int first = form->numkeys_arg + 1;
    for (int i = 0; i < keys; i++) {
        if (!zset_source_read(&algebra->sources[i], algebra->call, first + i)) return false;
    }
    for (int arg = first + keys; arg < algebra->call->argc;) {
        if (!read_option(algebra, form, &arg)) return false;
    }
    return true;
}

static void reply_all(struct call *call, const struct value *zset, bool with_scores)
{
    struct atom member;
    double score;
    struct zset_walk walk = zset_walk(zset, 0, ZSET_UP);
    zset_reply_open(call, value_len(zset), with_scores);
    while (zset_next(&walk, &member, &score)) zset_reply_member(call, &member, with_scores ? &score : NULL);
}

static void compute(struct algebra *algebra, const struct algebra_form *form)
{
    struct call *call = algebra->call;
    if (form->counts) {
        reply_int(call->reply, (int64_t)form->operate(algebra, NULL));
        return;
    }
    struct value result = collection_make(call, &zset_type);
    size_t len = form->operate(algebra, &result);
    if (form->event != EVENT_NONE) {
        reply_int(call->reply, (int64_t)len);
        collection_store(call, 1, &result, form->event);
    } else {
        reply_all(call, &result, algebra->with_scores);
        value_clear(&result);
    }
}

static void answer(struct call *call, struct algebra_form form)
{
    int keys;
    if (!numkeys_read_inputs(call, form.numkeys_arg, &keys)) return;

    struct algebra algebra = { .call = call, .len = (size_t)keys, .aggregate = sum };
    algebra.sources = algebra.few;
    if (keys > SOURCES_FEW) algebra.sources = alloc_bytes((size_t)keys * sizeof *algebra.sources);
    if (read(&algebra, &form, keys)) compute(&algebra, &form);
    clear(&algebra);
}

static void zunion(struct call *call)
{
    answer(call, (struct algebra_form){ unite, 1, EVENT_NONE, false });
}

static void zinter(struct call *call)
{
    answer(call, (struct algebra_form){ intersect, 1, EVENT_NONE, false });
}

static void zdiff(struct call *call)
{
    answer(call, (struct algebra_form){ subtract, 1, EVENT_NONE, false });
}

static void zintercard(struct call *call)
{
    answer(call, (struct algebra_form){ intersect, 1, EVENT_NONE, true });
}

static void zunionstore(struct call *call)
{
    answer(call, (struct algebra_form){ unite, 2, EVENT_ZUNIONSTORE, false });
}

static void zinterstore(struct call *call)
{
    answer(call, (struct algebra_form){ intersect, 2, EVENT_ZINTERSTORE, false });
}

static void zdiffstore(struct call *call)
{
    answer(call, (struct algebra_form){ subtract, 2, EVENT_ZDIFFSTORE, false });
}

#define REPLIES                                                                                              \
    .keys = { KEYS_COUNTED(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_SORTED_SET,   \
    .group = "sorted-set", .tier = TIER_PASS,                                                                \
    .reply = "array of bulk strings; with WITHSCORES members and scores"
#define STORES                                                                                               \
    .keys = { KEY(1, KEY_OW | KEY_UPDATE), KEYS_COUNTED(2, KEY_RO | KEY_ACCESS) },                           \
    .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS,  \
    .reply = "integer"
#define OPTIONS       "[WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]"
#define COST_OF_UNION "O(N log M), N being the size of all sources and M that of the result"
#define COST_OF_INTER                                                                                        \
    "O(N K + M log M), N being the size of the smallest of K sources and M that of the result"
#define COST_OF_DIFF "O(N K + M log M), N being the size of the first of K sources and M that of the result"

const struct command zset_algebra_commands[] = {
    { "zunion", zunion, .syntax = "numkeys key [key ...] " OPTIONS " [WITHSCORES]", REPLIES, .since = "6.2.0",
      .cost = COST_OF_UNION, .summary = "What at least one of several sorted sets has." },
    { "zinter", zinter, .syntax = "numkeys key [key ...] " OPTIONS " [WITHSCORES]", REPLIES, .since = "6.2.0",
      .cost = COST_OF_INTER, .summary = "What several sorted sets have in common." },
    { "zdiff", zdiff, .syntax = "numkeys key [key ...] [WITHSCORES]", REPLIES, .since = "6.2.0",
      .cost = COST_OF_DIFF, .summary = "What only the first of several sorted sets has." },
    { "zintercard", zintercard, .syntax = "numkeys key [key ...] [LIMIT limit]",
      .keys = { KEYS_COUNTED(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_SORTED_SET,
      .group = "sorted-set", .tier = TIER_PASS, .since = "7.0.0",
      .cost = "O(N K), N being the size of the smallest of K sources", .reply = "integer",
      .summary = "How many members several sorted sets have in common." },
    { "zunionstore", zunionstore, .syntax = "destination numkeys key [key ...] " OPTIONS, STORES,
      .since = "2.0.0", .cost = COST_OF_UNION,
      .summary = "Store what at least one of several sorted sets has." },
    { "zinterstore", zinterstore, .syntax = "destination numkeys key [key ...] " OPTIONS, STORES,
      .since = "2.0.0", .cost = COST_OF_INTER, .summary = "Store what several sorted sets have in common." },
    { "zdiffstore", zdiffstore, .syntax = "destination numkeys key [key ...]", STORES, .since = "6.2.0",
      .cost = COST_OF_DIFF, .summary = "Store what only the first of several sorted sets has." },
    { 0 },
};
