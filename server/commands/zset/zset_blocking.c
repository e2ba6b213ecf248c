/*
 * Commands that wait for a sorted set to have a member.
 */
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/block_timeout.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/numkeys.h"
#include "server/commands/zset/zset_pop.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/zset.h"

/* Members that have come back by themselves keep the score that they have now. */
static void put_back_member(struct call *call, struct value *zset, struct slice text, struct slice score_text)
{
    double score;
    struct member member = collection_member_of(call, text);
    if (!zset_score(zset, &member, &score) && number_parse_double(score_text, &score))
        zset_put(zset, &member, score);
}

/* `elements` are members, each with its score behind it. */
static void put_back(struct call *call, int arg, const struct slice *elements, size_t count)
{
    struct collection zset;
    if (!collection_edit(call, arg, &zset_type, &zset)) return;
    for (size_t i = 0; i + 1 < count; i += 2) put_back_member(call, zset.value, elements[i], elements[i + 1]);
    collection_commit(call, &zset, EVENT_ZADD);
}

static bool take_lowest(struct call *call, int arg)
{
    return zset_take_one(call, arg, &zset_lowest);
}

static bool take_highest(struct call *call, int arg)
{
    return zset_take_one(call, arg, &zset_highest);
}

static void pop(struct call *call, const struct blocking_kind *kind)
{
    struct blocking_request request = { .kind = kind, .first = 1, .keys = call->argc - 2 };
    if (block_timeout_read(call, call->argc - 1, &request.until_ms)) blocking_take(call, &request);
}

static void bzpopmin(struct call *call)
{
    static const struct blocking_kind kind = {
        .type = &zset_type, .take = take_lowest, .refuse = reply_null_array, .put_back = put_back
    };
    pop(call, &kind);
}

static void bzpopmax(struct call *call)
{
    static const struct blocking_kind kind = {
        .type = &zset_type, .take = take_highest, .refuse = reply_null_array, .put_back = put_back
    };
    pop(call, &kind);
}

/* What stands behind the keys was right when the command came. */
static bool take_several(struct call *call, int arg)
{
    int keys;
    int64_t count;
    if (!numkeys_read(call, 2, SLICE(ERR_SYNTAX), &keys)) return true;
    const struct zset_end *end = zset_end_read(call, 3 + keys, &count);
    return end == NULL || zset_take_from(call, arg, end, count);
}

static void bzmpop(struct call *call)
{
    static const struct blocking_kind kind = {
        .type = &zset_type, .take = take_several, .refuse = reply_null_array, .put_back = put_back
    };
    struct blocking_request request = { .kind = &kind, .first = 3 };
    int64_t count;
    if (numkeys_read(call, 2, SLICE(ERR_SYNTAX), &request.keys) &&
        zset_end_read(call, 3 + request.keys, &count) != NULL &&
        block_timeout_read(call, 1, &request.until_ms))
        blocking_take(call, &request);
}

#define POPS                                                                                                 \
    .syntax = "key [key ...] timeout", .keys = { KEYS(1, -2, 1, KEY_RW | KEY_ACCESS | KEY_DELETE) },         \
    .flags = CMD_WRITE | CMD_NOSCRIPT | CMD_BLOCKING | CMD_FAST, .categories = ACL_SORTED_SET,               \
    .group = "sorted-set", .tier = TIER_PASS, .since = "5.0.0",                                              \
    .cost = "O(log N), N being the size of the sorted set",                                                  \
    .reply = "array of the key, a member and its score, or null"

const struct command zset_blocking_commands[] = {
    { "bzpopmin", bzpopmin, POPS,
      .summary = "Remove and tell the member with the lowest score of the first sorted set that has one, or "
                 "wait for one." },
    { "bzpopmax", bzpopmax, POPS,
      .summary = "Remove and tell the member with the highest score of the first sorted set that has one, or "
                 "wait for one." },
    { "bzmpop", bzmpop, .syntax = "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]",
      .keys = { KEYS_COUNTED(2, KEY_RW | KEY_ACCESS | KEY_DELETE) }, .flags = CMD_WRITE | CMD_BLOCKING,
      .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS, .since = "7.0.0",
      .cost =
          "O(K + log N + M), K being the number of keys, N the size of the sorted set and M the number of "
          "members that go",
      .reply = "array of the key and an array of members and scores, or null",
      .summary = "Remove and tell members of the first sorted set that has any, or wait for one." },
    { 0 },
};
