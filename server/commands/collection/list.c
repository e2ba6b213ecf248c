#include "storage/types/list.h"

#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/list_end.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

static void push_arguments(struct call *call, struct collection *list, enum list_side side)
{
    size_t bytes = 0;
    for (int arg = 2; arg < call->argc; arg++) bytes += call->argv[arg].len;
    list_expect(list->value, (size_t)call->argc - 2, bytes);
    for (int arg = 2; arg < call->argc; arg++) list_push(list->value, side, call->argv[arg]);
    size_t len = value_len(list->value);
    collection_commit(call, list, list_end_push_event(side));
    reply_int(call->reply, (int64_t)len);
}

static void push(struct call *call, enum list_side side)
{
    struct collection list;
    if (collection_edit(call, 1, &list_type, &list)) push_arguments(call, &list, side);
}

/* Only where there is a list already. */
static void push_behind(struct call *call, enum list_side side)
{
    struct collection list;
    if (!collection_edit(call, 1, &list_type, &list)) return;
    if (value_len(list.value) > 0) {
        push_arguments(call, &list, side);
        return;
    }
    collection_commit(call, &list, EVENT_NONE);
    reply_int(call->reply, 0);
}

static void lpush(struct call *call)
{
    push(call, LIST_HEAD);
}

static void rpush(struct call *call)
{
    push(call, LIST_TAIL);
}

static void lpushx(struct call *call)
{
    push_behind(call, LIST_HEAD);
}

static void rpushx(struct call *call)
{
    push_behind(call, LIST_TAIL);
}

static void pop_one(struct call *call, enum list_side side)
{
    struct collection list;
    if (!collection_edit(call, 1, &list_type, &list)) return;
    if (value_len(list.value) == 0) {
        collection_commit(call, &list, EVENT_NONE);
        reply_null(call->reply);
        return;
    }
    size_t index = list_end_index(list.value, side);
    struct atom element = list_at(list.value, index);
    collection_reply(call, &element);
    list_remove(list.value, index, 1);
    collection_commit(call, &list, list_end_pop_event(side));
}

static void pop_several(struct call *call, enum list_side side)
{
    int64_t count;
    struct collection list;
    if (!call_arg_int_or(call, 2, &count, SLICE(ERR_NOT_POSITIVE))) return;
    if (count < 0) {
        reply_error(call->reply, SLICE(ERR_NOT_POSITIVE));
        return;
    }
    if (!collection_edit(call, 1, &list_type, &list)) return;
    if (value_len(list.value) > 0) {
        list_end_pop(call, &list, side, (size_t)count);
        return;
    }
    collection_commit(call, &list, EVENT_NONE);
    reply_null_array(call->reply);
}

static void pop(struct call *call, enum list_side side)
{
    if (call->argc == 2)
        pop_one(call, side);
    else if (call->argc == 3)
        pop_several(call, side);
    else
        reply_errorf(call->reply, ERR_ARITY_FMT, call->command->row->name);
}

static void lpop(struct call *call)
{
    pop(call, LIST_HEAD);
}

static void rpop(struct call *call)
{
    pop(call, LIST_TAIL);
}

static void length(struct call *call)
{
    struct value list;
    if (collection_read(call, 1, &list_type, &list)) reply_int(call->reply, (int64_t)value_len(&list));
}

/* What lies between two indexes, both included, negative ones counted from the end. */
struct range {
    int64_t start;
    int64_t stop;
};

static bool read_range(struct call *call, struct range *range)
{
    return call_arg_int(call, 2, &range->start) && call_arg_int(call, 3, &range->stop);
}

/* Where it begins in a list of `len` elements, and how many it has there. */
static size_t resolve(const struct range *range, size_t len, size_t *count)
{
    int64_t end = (int64_t)len, start = range->start, stop = range->stop;
    if (start < 0) start += end;
    if (stop < 0) stop += end;
    if (start < 0) start = 0;
    if (stop >= end) stop = end - 1;
    *count = start > stop ? 0 : (size_t)(stop - start + 1);
    return *count == 0 ? 0 : (size_t)start;
}

static void lrange(struct call *call)
{
    struct range range;
    struct value list;
    if (!read_range(call, &range) || !collection_read(call, 1, &list_type, &list)) return;

    size_t count;
    size_t from = resolve(&range, value_len(&list), &count);
    reply_array(call->reply, count);
    if (count == 0) return;
    struct list_walk walk = list_walk(&list, from, LIST_TAIL);
    struct atom element;
    for (size_t i = 0; i < count && list_next(&walk, &element); i++) collection_reply(call, &element);
}

static void trim_to(struct value *list, size_t from, size_t count)
{
    size_t behind = value_len(list) - from - count;
    if (behind > 0) list_remove(list, from + count, behind);
    if (from > 0) list_remove(list, 0, from);
}

/* It is announced whether or not something was left out. */
static void ltrim(struct call *call)
{
    struct range range;
    struct collection list;
    if (!read_range(call, &range) || !collection_edit(call, 1, &list_type, &list)) return;

    size_t count, len = value_len(list.value);
    size_t from = resolve(&range, len, &count);
    trim_to(list.value, from, count);
    collection_commit(call, &list, len > 0 ? EVENT_LTRIM : EVENT_NONE);
    reply_ok(call->reply);
}

const struct command list_commands[] = {
    { "lpush", lpush, .syntax = "key element [element ...]", .keys = { KEY(1, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "1.0.0", .cost = "O(N), N being the number of elements", .reply = "integer",
      .summary = "Put elements in front of a list, one after the other." },
    { "rpush", rpush, .syntax = "key element [element ...]", .keys = { KEY(1, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "1.0.0", .cost = "O(N), N being the number of elements", .reply = "integer",
      .summary = "Put elements behind a list." },
    { "lpushx", lpushx, .syntax = "key element [element ...]", .keys = { KEY(1, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "2.2.0", .cost = "O(N), N being the number of elements", .reply = "integer",
      .summary = "Put elements in front of a list if it exists." },
    { "rpushx", rpushx, .syntax = "key element [element ...]", .keys = { KEY(1, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "2.2.0", .cost = "O(N), N being the number of elements", .reply = "integer",
      .summary = "Put elements behind a list if it exists." },
    { "lpop", lpop, .syntax = "key [count]", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "1.0.0", .cost = "O(N), N being the number of elements in the reply",
      .reply = "bulk string or null; with a count an array of bulk strings, or null",
      .summary = "Take elements from the front of a list." },
    { "rpop", rpop, .syntax = "key [count]", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "1.0.0", .cost = "O(N), N being the number of elements in the reply",
      .reply = "bulk string or null; with a count an array of bulk strings, or null",
      .summary = "Take elements from the end of a list." },
    { "llen", length, .syntax = "key", .keys = { KEY(1, KEY_RO) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_LIST, .group = "list", .tier = TIER_PASS | TIER_TYPED, .since = "1.0.0",
      .cost = "O(1)", .reply = "integer", .summary = "How many elements a list has." },
    { "lrange", lrange, .syntax = "key start stop", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS | TIER_TYPED,
      .since = "1.0.0",
      .cost = "O(log(N)+M), N being the length of the list and M the number of elements in the reply",
      .reply = "array of bulk strings", .summary = "The elements of a list between two indexes." },
    { "ltrim", ltrim, .syntax = "key start stop", .keys = { KEY(1, KEY_RW | KEY_DELETE) }, .flags = CMD_WRITE,
      .categories = ACL_LIST, .group = "list", .tier = TIER_PASS, .since = "1.0.0",
      .cost = "O(log(N)+M), N being the length of the list and M the bytes removed", .reply = "OK",
      .summary = "Keep the elements of a list between two indexes only." },
    { 0 },
};
