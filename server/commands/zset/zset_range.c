#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/zset/zset_bounds.h"
#include "server/commands/zset/zset_reply.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/zset.h"

/* What a command of the family is by its name; the words of ZRANGE and ZRANGESTORE may still say otherwise.
 */
struct range_form {
    int key_arg;
    enum zset_by by;
    enum zset_direction direction;
    bool open;   /* BYSCORE, BYLEX and REV are understood */
    bool stores; /* into argv[1], and WITHSCORES is not understood */
};

struct range {
    struct range_form form;
    bool with_scores;
    int64_t offset, limit; /* a negative limit is none */
    struct zset_bounds bounds;
};

static bool read_limit(struct range *range, struct call *call, int arg)
{
    return call_arg_int(call, arg, &range->offset) && call_arg_int(call, arg + 1, &range->limit);
}

static bool read_word(struct range *range, struct call *call, int *arg)
{
    struct range_form *form = &range->form;
    if (!form->stores && call_arg_is(call, *arg, "withscores")) return range->with_scores = true;
    if (call_arg_is(call, *arg, "limit") && *arg + 2 < call->argc) {
        *arg += 2;
        return read_limit(range, call, *arg - 1);
    }
    if (form->open && form->direction == ZSET_UP && call_arg_is(call, *arg, "rev")) {
        form->direction = ZSET_DOWN;
        return true;
    }
    if (form->open && form->by == ZSET_BY_RANK && call_arg_is(call, *arg, "bylex")) {
        form->by = ZSET_BY_MEMBER;
        return true;
    }
    if (form->open && form->by == ZSET_BY_RANK && call_arg_is(call, *arg, "byscore")) {
        form->by = ZSET_BY_SCORE;
        return true;
    }
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

/* What cannot go together. */
static bool words_agree(const struct range *range, struct call *call)
{
    if (range->limit != -1 && range->form.by == ZSET_BY_RANK) {
        reply_error(call->reply, SLICE(ERR_RANGE_LIMIT));
        return false;
    }
    if (range->with_scores && range->form.by == ZSET_BY_MEMBER) {
        reply_error(call->reply, SLICE(ERR_RANGE_SCORES));
        return false;
    }
    return true;
}

static bool read_range(struct range *range, struct call *call)
{
    range->limit = -1;
    for (int arg = range->form.key_arg + 3; arg < call->argc; arg++) {
        if (!read_word(range, call, &arg)) return false;
    }
    if (!words_agree(range, call)) return false;

    int first = range->form.key_arg + 1, second = first + 1;
    bool swapped = range->form.direction == ZSET_DOWN && range->form.by != ZSET_BY_RANK;
    if (!zset_bounds_read(&range->bounds, call, range->form.by, swapped ? second : first,
                          swapped ? first : second))
        return false;
    if (range->form.by != ZSET_BY_RANK) range->bounds.offset = (size_t)range->offset;
    return true;
}

static struct zset_span span_of(const struct range *range, const struct value *zset)
{
    struct zset_span span = zset_bounds_span(&range->bounds, zset, range->form.direction);
    if (range->limit >= 0 && (size_t)range->limit < span.count) span.count = (size_t)range->limit;
    return span;
}

static void reply_range(struct call *call, const struct range *range, const struct value *zset)
{
    struct zset_span span = span_of(range, zset);
    zset_reply_open(call, span.count, range->with_scores);
    if (span.count == 0) return;

    struct zset_walk walk = zset_span_walk(&span, zset, range->form.direction);
    struct atom member;
    double score, *wanted = range->with_scores ? &score : NULL;
    for (size_t i = 0; i < span.count && zset_next(&walk, &member, wanted); i++)
        zset_reply_member(call, &member, wanted);
}

static void store_range(struct call *call, const struct range *range, const struct value *zset)
{
    struct value result = collection_make(call, &zset_type);
    struct zset_span span = span_of(range, zset);
    if (span.count > 0) {
        struct zset_walk walk = zset_span_walk(&span, zset, range->form.direction);
        struct atom atom;
        double score;
        zset_reserve(&result, span.count);
        for (size_t i = 0; i < span.count && zset_next(&walk, &atom, &score); i++) {
            char scratch[NUMBER_I64_MAX];
            struct member member = collection_member_of(call, atom_text(&atom, scratch));
            zset_put(&result, &member, score);
        }
    }
    collection_store(call, 1, &result, EVENT_ZRANGESTORE);
    reply_int(call->reply, (int64_t)span.count);
}

static void answer(struct call *call, struct range_form form)
{
    struct range range = { .form = form };
    struct value zset;
    if (!read_range(&range, call)) return;
    if (!collection_read(call, form.key_arg, &zset_type, &zset)) return;
    if (form.stores) {
        store_range(call, &range, &zset);
    } else {
        reply_range(call, &range, &zset);
    }
}

static void zrange(struct call *call)
{
    answer(call, (struct range_form){ .key_arg = 1, .open = true });
}

static void zrangestore(struct call *call)
{
    answer(call, (struct range_form){ .key_arg = 2, .open = true, .stores = true });
}

static void zrevrange(struct call *call)
{
    answer(call, (struct range_form){ .key_arg = 1, .direction = ZSET_DOWN });
}

static void zrangebyscore(struct call *call)
{
    answer(call, (struct range_form){ .key_arg = 1, .by = ZSET_BY_SCORE });
}

static void zrevrangebyscore(struct call *call)
{
    answer(call, (struct range_form){ .key_arg = 1, .by = ZSET_BY_SCORE, .direction = ZSET_DOWN });
}

static void zrangebylex(struct call *call)
{
    answer(call, (struct range_form){ .key_arg = 1, .by = ZSET_BY_MEMBER });
}

static void zrevrangebylex(struct call *call)
{
    answer(call, (struct range_form){ .key_arg = 1, .by = ZSET_BY_MEMBER, .direction = ZSET_DOWN });
}

static void count(struct call *call, enum zset_by by)
{
    struct zset_bounds bounds;
    struct value zset;
    if (!zset_bounds_read(&bounds, call, by, 2, 3)) return;
    if (!collection_read(call, 1, &zset_type, &zset)) return;
    reply_int(call->reply, (int64_t)zset_bounds_span(&bounds, &zset, ZSET_UP).count);
}

static void zcount(struct call *call)
{
    count(call, ZSET_BY_SCORE);
}

static void zlexcount(struct call *call)
{
    count(call, ZSET_BY_MEMBER);
}

static void remove_range(struct call *call, enum zset_by by, enum change_event event)
{
    struct zset_bounds bounds;
    struct collection zset;
    if (!zset_bounds_read(&bounds, call, by, 2, 3)) return;
    if (!collection_edit(call, 1, &zset_type, &zset)) return;

    struct zset_span span = zset_bounds_span(&bounds, zset.value, ZSET_UP);
    if (span.count > 0) zset_remove_ranks(zset.value, span.skipped, span.count);
    collection_commit(call, &zset, span.count > 0 ? event : EVENT_NONE);
    reply_int(call->reply, (int64_t)span.count);
}

static void zremrangebyrank(struct call *call)
{
    remove_range(call, ZSET_BY_RANK, EVENT_ZREMRANGEBYRANK);
}

static void zremrangebyscore(struct call *call)
{
    remove_range(call, ZSET_BY_SCORE, EVENT_ZREMRANGEBYSCORE);
}

static void zremrangebylex(struct call *call)
{
    remove_range(call, ZSET_BY_MEMBER, EVENT_ZREMRANGEBYLEX);
}

#define READS                                                                                                \
    .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .categories = ACL_SORTED_SET, .group = "sorted-set",            \
    .tier = TIER_PASS | TIER_TYPED
#define REMOVES                                                                                              \
    .keys = { KEY(1, KEY_RW | KEY_DELETE) }, .flags = CMD_WRITE, .categories = ACL_SORTED_SET,               \
    .group = "sorted-set", .tier = TIER_PASS, .reply = "integer",                                            \
    .cost = "O(log N + M), N being the size of the sorted set and M that of the range"
#define COST_OF_RANGE "O(log N + M), N being the size of the sorted set and M that of the reply"
#define MEMBERS       "array of bulk strings; with WITHSCORES members and scores"

const struct command zset_range_commands[] = {
    { "zrange", zrange, .syntax = "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]",
      READS, .flags = CMD_READONLY, .since = "1.2.0", .cost = COST_OF_RANGE, .reply = MEMBERS,
      .summary = "A range of members, by rank, score or name, from either end." },
    { "zrangestore", zrangestore, .syntax = "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]",
      .keys = { KEY(1, KEY_OW | KEY_UPDATE), KEY(2, KEY_RO | KEY_ACCESS) }, .flags = CMD_WRITE | CMD_GROWS,
      .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS, .since = "6.2.0",
      .cost = "O(log N + M log M), N being the size of the sorted set and M that of the range",
      .reply = "integer", .summary = "Store a range of members in another key." },
    { "zrevrange", zrevrange, .syntax = "key start stop [WITHSCORES]", READS, .flags = CMD_READONLY,
      .since = "1.2.0", .cost = COST_OF_RANGE, .reply = MEMBERS,
      .summary = "A range of members by rank, the highest score first.", .deprecated_since = "6.2.0",
      .replaced_by = "`ZRANGE` with the `REV` argument" },
    { "zrangebyscore", zrangebyscore, .syntax = "key min max [WITHSCORES] [LIMIT offset count]", READS,
      .flags = CMD_READONLY, .since = "1.0.5", .cost = COST_OF_RANGE, .reply = MEMBERS,
      .summary = "The members whose scores are between two.", .deprecated_since = "6.2.0",
      .replaced_by = "`ZRANGE` with the `BYSCORE` argument" },
    { "zrevrangebyscore", zrevrangebyscore, .syntax = "key max min [WITHSCORES] [LIMIT offset count]", READS,
      .flags = CMD_READONLY, .since = "2.2.0", .cost = COST_OF_RANGE, .reply = MEMBERS,
      .summary = "The members whose scores are between two, the highest first.", .deprecated_since = "6.2.0",
      .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments" },
    { "zrangebylex", zrangebylex, .syntax = "key min max [LIMIT offset count]", READS, .flags = CMD_READONLY,
      .since = "2.8.9", .cost = COST_OF_RANGE, .reply = "array of bulk strings",
      .summary = "The members between two in the order of their bytes, where all scores are equal.",
      .deprecated_since = "6.2.0", .replaced_by = "`ZRANGE` with the `BYLEX` argument" },
    { "zrevrangebylex", zrevrangebylex, .syntax = "key max min [LIMIT offset count]", READS,
      .flags = CMD_READONLY, .since = "2.8.9", .cost = COST_OF_RANGE, .reply = "array of bulk strings",
      .summary = "The members between two in the reverse order of their bytes, where all scores are equal.",
      .deprecated_since = "6.2.0", .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments" },
    { "zcount", zcount, .syntax = "key min max", READS, .flags = CMD_READONLY | CMD_FAST, .since = "2.0.0",
      .cost = "O(log N)", .reply = "integer", .summary = "How many members have scores between two." },
    { "zlexcount", zlexcount, .syntax = "key min max", READS, .flags = CMD_READONLY | CMD_FAST,
      .since = "2.8.9", .cost = "O(log N)", .reply = "integer",
      .summary =
          "How many members are between two in the order of their bytes, where all scores are equal." },
    { "zremrangebyrank", zremrangebyrank, .syntax = "key start stop", REMOVES, .since = "2.0.0",
      .summary = "Remove the members between two ranks." },
    { "zremrangebyscore", zremrangebyscore, .syntax = "key min max", REMOVES, .since = "1.2.0",
      .summary = "Remove the members whose scores are between two." },
    { "zremrangebylex", zremrangebylex, .syntax = "key min max", REMOVES, .since = "2.8.9",
      .summary = "Remove the members between two in the order of their bytes, where all scores are equal." },
    { 0 },
};
