#include "server/commands/zset/zset_pop.h"

#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/numkeys.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/zset.h"

const struct zset_end zset_lowest = { ZSET_UP, EVENT_ZPOPMIN };
const struct zset_end zset_highest = { ZSET_DOWN, EVENT_ZPOPMAX };

static void tell(struct call *call, const struct atom *member, double score, bool nested)
{
    if (nested) reply_array(call->reply, 2);
    collection_reply(call, member);
    reply_double(call->reply, score);
}

static void pop_one(struct call *call, struct value *zset, const struct zset_end *end, bool nested)
{
    struct zset_tip tip;
    struct atom member;
    double score;
    zset_peek(zset, end->direction, &tip, &member, &score);
    tell(call, &member, score, nested);
    zset_remove_tip(zset, &tip);
}

static void pop_many(struct call *call, struct value *zset, const struct zset_end *end, size_t count,
                     bool nested)
{
    size_t first = end->direction == ZSET_UP ? 0 : value_len(zset) - 1;
    struct zset_walk walk = zset_walk(zset, first, end->direction);
    struct atom member;
    double score;
    for (size_t i = 0; i < count && zset_next(&walk, &member, &score); i++)
        tell(call, &member, score, nested);
    zset_remove_ranks(zset, end->direction == ZSET_UP ? 0 : first + 1 - count, count);
}

/* Tell `count` members from one end, each in an array of its own or all flat, and remove them. */
static void pop_members(struct call *call, struct collection *zset, const struct zset_end *end, size_t count,
                        bool nested)
{
    if (count == 1)
        pop_one(call, zset->value, end, nested);
    else if (count > 0)
        pop_many(call, zset->value, end, count, nested);
    collection_commit(call, zset, count > 0 ? end->event : EVENT_NONE);
}

static void pop(struct call *call, struct collection *zset, const struct zset_end *end, size_t count,
                bool nested)
{
    reply_array(call->reply, nested ? count : count * 2);
    pop_members(call, zset, end, count, nested);
}

static size_t at_most(const struct collection *zset, int64_t count)
{
    size_t len = value_len(zset->value);
    return (uint64_t)count < len ? (size_t)count : len;
}

static bool read_count(struct call *call, int64_t *count)
{
    *count = 1;
    if (call->argc > 3) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    if (call->argc == 3 && !call_arg_int_or(call, 2, count, SLICE(ERR_NOT_POSITIVE))) return false;
    if (*count >= 0) return true;
    reply_error(call->reply, SLICE(ERR_NOT_POSITIVE));
    return false;
}

static void pop_from(struct call *call, const struct zset_end *end)
{
    struct collection zset;
    int64_t count;
    if (!read_count(call, &count)) return;
    if (!collection_edit(call, 1, &zset_type, &zset)) return;
    pop(call, &zset, end, at_most(&zset, count), call->argc == 3 && call->reply->protocol > 2);
}

static void zpopmin(struct call *call)
{
    pop_from(call, &zset_lowest);
}

static void zpopmax(struct call *call)
{
    pop_from(call, &zset_highest);
}

const struct zset_end *zset_end_read(struct call *call, int arg, int64_t *count)
{
    const struct zset_end *end = NULL;
    if (arg < call->argc && call_arg_is(call, arg, "min")) end = &zset_lowest;
    if (arg < call->argc && call_arg_is(call, arg, "max")) end = &zset_highest;
    *count = 1;
    if (end != NULL && arg + 1 == call->argc) return end;
    bool counted = end != NULL && arg + 2 < call->argc && call_arg_is(call, arg + 1, "count");
    if (!counted) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return NULL;
    }
    if (!call_arg_int_or(call, arg + 2, count, SLICE(ERR_COUNT_NOT_POSITIVE))) return NULL;
    if (*count < 1) {
        reply_error(call->reply, SLICE(ERR_COUNT_NOT_POSITIVE));
        return NULL;
    }
    if (arg + 3 == call->argc) return end;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return NULL;
}

bool zset_take_from(struct call *call, int arg, const struct zset_end *end, int64_t count)
{
    struct collection zset;
    if (!collection_edit(call, arg, &zset_type, &zset)) return true;
    size_t popped = at_most(&zset, count);
    if (popped == 0) {
        collection_commit(call, &zset, EVENT_NONE);
        return false;
    }
    reply_array(call->reply, 2);
    reply_bulk(call->reply, call->argv[arg]);
    pop(call, &zset, end, popped, true);
    return true;
}

bool zset_take_one(struct call *call, int arg, const struct zset_end *end)
{
    struct collection zset;
    if (!collection_edit(call, arg, &zset_type, &zset)) return true;
    if (value_len(zset.value) == 0) {
        collection_commit(call, &zset, EVENT_NONE);
        return false;
    }
    reply_array(call->reply, 3);
    reply_bulk(call->reply, call->argv[arg]);
    pop_members(call, &zset, end, 1, false);
    return true;
}

static void zmpop(struct call *call)
{
    int keys;
    int64_t count;
    if (!numkeys_read(call, 1, SLICE(ERR_SYNTAX), &keys)) return;
    const struct zset_end *end = zset_end_read(call, 2 + keys, &count);
    if (end == NULL) return;
    for (int arg = 2; arg < 2 + keys; arg++)
        if (zset_take_from(call, arg, end, count)) return;
    reply_null_array(call->reply);
}

#define POPS                                                                                                 \
    .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE) }, .flags = CMD_WRITE | CMD_FAST,                     \
    .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS, .since = "5.0.0",                \
    .cost = "O(log N + M), N being the size of the sorted set and M the number of members that go",          \
    .reply = "array of members and scores"

const struct command zset_pop_commands[] = {
    { "zpopmin", zpopmin, .syntax = "key [count]", POPS,
      .summary = "Remove and tell the members with the lowest scores." },
    { "zpopmax", zpopmax, .syntax = "key [count]", POPS,
      .summary = "Remove and tell the members with the highest scores." },
    { "zmpop", zmpop, .syntax = "numkeys key [key ...] <MIN | MAX> [COUNT count]",
      .keys = { KEYS_COUNTED(1, KEY_RW | KEY_ACCESS | KEY_DELETE) }, .flags = CMD_WRITE,
      .categories = ACL_SORTED_SET, .group = "sorted-set", .tier = TIER_PASS, .since = "7.0.0",
      .cost =
          "O(K + log N + M), K being the number of keys, N the size of the sorted set and M the number of "
          "members that go",
      .reply = "array of the key and an array of members and scores, or null",
      .summary = "Remove and tell members of the first sorted set that has any." },
    { 0 },
};
