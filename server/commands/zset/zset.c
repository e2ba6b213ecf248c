#include "storage/types/zset.h"

#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/element_scan.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

static void zrem(struct call *call)
{
    struct collection zset;
    if (!collection_edit(call, 1, &zset_type, &zset)) return;

    int64_t removed = 0;
    for (int arg = 2; arg < call->argc && value_len(zset.value) > 0; arg++) {
        struct member member = collection_member(call, arg);
        removed += zset_remove(zset.value, &member);
    }
    collection_commit(call, &zset, removed > 0 ? EVENT_ZREM : EVENT_NONE);
    reply_int(call->reply, removed);
}

static void zcard(struct call *call)
{
    struct value zset;
    if (collection_read(call, 1, &zset_type, &zset)) reply_int(call->reply, (int64_t)value_len(&zset));
}

static void reply_score(struct call *call, const struct value *zset, int arg)
{
    struct member member = collection_member(call, arg);
    double score;
    if (zset_score(zset, &member, &score)) {
        reply_double(call->reply, score);
    } else {
        reply_null(call->reply);
    }
}

static void zscore(struct call *call)
{
    struct value zset;
    if (collection_read(call, 1, &zset_type, &zset)) reply_score(call, &zset, 2);
}

static void zmscore(struct call *call)
{
    struct value zset;
    if (!collection_read(call, 1, &zset_type, &zset)) return;

    reply_array(call->reply, (size_t)call->argc - 2);
    for (int arg = 2; arg < call->argc; arg++) reply_score(call, &zset, arg);
}

static bool read_with_score(struct call *call, bool *with_score)
{
    *with_score = call->argc > 3;
    if (call->argc > 4) {
        reply_errorf(call->reply, ERR_ARITY_FMT, call->command->full_name);
        return false;
    }
    if (!*with_score || call_arg_is(call, 3, "withscore")) return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static void reply_no_rank(struct call *call, bool with_score)
{
    if (with_score) {
        reply_null_array(call->reply);
    } else {
        reply_null(call->reply);
    }
}

static void rank_from(struct call *call, enum zset_direction direction)
{
    struct value zset;
    bool with_score;
    if (call->argc > 3 && call_leave_to_upstream(call)) return; /* Redis 7.0 has no WITHSCORE */
    if (!read_with_score(call, &with_score)) return;
    if (!collection_read(call, 1, &zset_type, &zset)) return;

    struct member member = collection_member(call, 2);
    size_t rank;
    double score;
    if (!zset_rank(&zset, &member, &rank, &score)) {
        reply_no_rank(call, with_score);
        return;
    }
    if (direction == ZSET_DOWN) rank = value_len(&zset) - 1 - rank;
    if (with_score) reply_array(call->reply, 2);
    reply_int(call->reply, (int64_t)rank);
    if (with_score) reply_double(call->reply, score);
}

static void zrank(struct call *call)
{
    rank_from(call, ZSET_UP);
}

static void zrevrank(struct call *call)
{
    rank_from(call, ZSET_DOWN);
}

static void show(void *context, const struct atom *member, double score)
{
    struct element_scan *scan = context;
    if (!element_scan_wants(scan, member)) return;
    element_scan_add(scan, member);
    if (scan->options.no_values) return;
    char text[NUMBER_DOUBLE_MAX];
    element_scan_add_text(scan, slice_of(text, number_format_double(text, score)));
}

static uint64_t scan_step(struct element_scan *scan, uint64_t cursor)
{
    return zset_scan(&scan->value, cursor, show, scan);
}

static void zscan(struct call *call)
{
    element_scan(call, &zset_type, scan_step, SCAN_WORD_NOSCORES);
}

const struct command zset_commands[] = {
    { "zrem", zrem, .syntax = "key member [member ...]", .keys = { KEY(1, KEY_RW | KEY_DELETE) }, .member = 2,
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS,
      .since = "1.2.0", .cost = "O(log N) for each member, N being the size of the sorted set",
      .reply = "integer", .summary = "Remove members." },
    { "zcard", zcard, .syntax = "key", .keys = { KEY(1, KEY_RO) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS | TIER_TYPED, .since = "1.2.0",
      .cost = "O(1)", .reply = "integer", .summary = "How many members a sorted set has." },
    { "zscore", zscore, .syntax = "key member", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .member = 2,
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_SORTED_SET, .group = "sorted-set",
      .tier = TIER_PASS | TIER_TYPED, .since = "1.2.0", .cost = "O(1)", .reply = "double or null",
      .summary = "The score of a member." },
    { "zmscore", zmscore, .syntax = "key member [member ...]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .member = 2, .flags = CMD_READONLY | CMD_FAST, .categories = ACL_SORTED_SET, .group = "sorted-set",
      .tier = TIER_PASS | TIER_TYPED, .since = "6.2.0",
      .cost = "O(N), N being the number of members asked for", .reply = "array of doubles and nulls",
      .summary = "The scores of several members." },
    { "zrank", zrank, .syntax = "key member [WITHSCORE]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .member = 2, .flags = CMD_READONLY | CMD_FAST, .categories = ACL_SORTED_SET, .group = "sorted-set",
      .tier = TIER_PASS | TIER_TYPED, .since = "2.0.0", .cost = "O(log N)",
      .reply = "integer or null; with WITHSCORE array of rank and score, or null",
      .summary = "How many members come before one." },
    { "zrevrank", zrevrank, .syntax = "key member [WITHSCORE]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .member = 2, .flags = CMD_READONLY | CMD_FAST, .categories = ACL_SORTED_SET, .group = "sorted-set",
      .tier = TIER_PASS | TIER_TYPED, .since = "2.0.0", .cost = "O(log N)",
      .reply = "integer or null; with WITHSCORE array of rank and score, or null",
      .summary = "How many members come after one." },
    { "zscan", zscan, .syntax = "key cursor [MATCH pattern] [COUNT count] [NOSCORES]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_SORTED_SET,
      .group = "sorted-set", .tier = TIER_PASS, .since = "2.8.0",
      .cost = "O(1) for a call with the default COUNT, O(N) for all N members",
      .reply = "array of a cursor and an array of members and scores",
      .summary = "Some of the members, and a cursor for the next call; 0 begins and ends.",
      .tips = "nondeterministic_output" },
    { 0 },
};
