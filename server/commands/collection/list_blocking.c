/*
 * Commands that wait for a list to have an element.
 */
#include "proto/base/alloc.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/block_timeout.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/list_end.h"
#include "server/commands/collection/list_move.h"
#include "server/commands/collection/numkeys.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/list.h"

/* In the order in which they were taken: the last goes back first. */
static void put_back(struct call *call, int arg, enum list_side side, const struct slice *elements,
                     size_t count)
{
    struct collection list;
    if (!collection_edit(call, arg, &list_type, &list)) return;
    list_expect(list.value, 0, 0);
    for (size_t i = count; i > 0; i--) list_push(list.value, side, elements[i - 1]);
    collection_commit(call, &list, list_end_push_event(side));
}

static bool take_one(struct call *call, int arg, enum list_side side)
{
    struct collection list;
    if (!collection_edit(call, arg, &list_type, &list)) return true;
    if (value_len(list.value) == 0) {
        collection_commit(call, &list, EVENT_NONE);
        return false;
    }
    size_t index = list_end_index(list.value, side);
    struct atom element = list_at(list.value, index);
    reply_array(call->reply, 2);
    reply_bulk(call->reply, call->argv[arg]);
    collection_reply(call, &element);
    list_remove(list.value, index, 1);
    collection_commit(call, &list, list_end_pop_event(side));
    return true;
}

static bool take_head(struct call *call, int arg)
{
    return take_one(call, arg, LIST_HEAD);
}

static bool take_tail(struct call *call, int arg)
{
    return take_one(call, arg, LIST_TAIL);
}

static void put_back_head(struct call *call, int arg, const struct slice *elements, size_t count)
{
    put_back(call, arg, LIST_HEAD, elements, count);
}

static void put_back_tail(struct call *call, int arg, const struct slice *elements, size_t count)
{
    put_back(call, arg, LIST_TAIL, elements, count);
}

static void pop(struct call *call, const struct blocking_kind *kind)
{
    struct blocking_request request = { .kind = kind, .first = 1, .keys = call->argc - 2 };
    if (block_timeout_read(call, call->argc - 1, &request.until_ms)) blocking_take(call, &request);
}

static void blpop(struct call *call)
{
    static const struct blocking_kind kind = {
        .type = &list_type, .take = take_head, .refuse = reply_null_array, .put_back = put_back_head
    };
    pop(call, &kind);
}

static void brpop(struct call *call)
{
    static const struct blocking_kind kind = {
        .type = &list_type, .take = take_tail, .refuse = reply_null_array, .put_back = put_back_tail
    };
    pop(call, &kind);
}

/* What stands behind the keys was right when the command came. */
static struct list_take options_of(struct call *call)
{
    int keys;
    struct list_take take = { .count = 1 };
    if (numkeys_read(call, 2, SLICE(ERR_SYNTAX), &keys)) list_take_read(call, 3 + keys, &take);
    return take;
}

static bool take_several(struct call *call, int arg)
{
    struct list_take take = options_of(call);
    return list_take_from(call, arg, &take);
}

static void put_several_back(struct call *call, int arg, const struct slice *elements, size_t count)
{
    put_back(call, arg, options_of(call).side, elements, count);
}

static void blmpop(struct call *call)
{
    static const struct blocking_kind kind = {
        .type = &list_type, .take = take_several, .refuse = reply_null_array, .put_back = put_several_back
    };
    struct blocking_request request = { .kind = &kind, .first = 3 };
    struct list_take take;
    if (numkeys_read(call, 2, SLICE(ERR_SYNTAX), &request.keys) &&
        list_take_read(call, 3 + request.keys, &take) && block_timeout_read(call, 1, &request.until_ms))
        blocking_take(call, &request);
}

static bool move(struct call *call, int arg)
{
    enum list_side from, to;
    (void)arg;
    return !list_end_read(call, 3, &from) || !list_end_read(call, 4, &to) ||
           list_move_element(call, from, to);
}

static bool move_tail_to_head(struct call *call, int arg)
{
    (void)arg;
    return list_move_element(call, LIST_TAIL, LIST_HEAD);
}

static void move_or_wait(struct call *call, int timeout_arg, const struct blocking_kind *kind)
{
    struct blocking_request request = { .kind = kind, .first = 1, .keys = 1, .destination = 2 };
    if (block_timeout_read(call, timeout_arg, &request.until_ms)) blocking_take(call, &request);
}

static void blmove(struct call *call)
{
    static const struct blocking_kind kind = { .type = &list_type, .take = move, .refuse = reply_null };
    enum list_side side;
    if (list_end_read(call, 3, &side) && list_end_read(call, 4, &side)) move_or_wait(call, 5, &kind);
}

static void brpoplpush(struct call *call)
{
    static const struct blocking_kind kind = { .type = &list_type,
                                               .take = move_tail_to_head,
                                               .refuse = reply_null };
    move_or_wait(call, 3, &kind);
}

#define POPS                                                                                                 \
    .keys = { KEYS(1, -2, 1, KEY_RW | KEY_ACCESS | KEY_DELETE) },                                            \
    .flags = CMD_WRITE | CMD_NOSCRIPT | CMD_BLOCKING, .categories = ACL_LIST, .group = "list",               \
    .tier = TIER_PASS, .since = "2.0.0", .cost = "O(N), N being the number of keys",                         \
    .reply = "array of the key and a bulk string, or null"

#define MOVES                                                                                                \
    .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY(2, KEY_RW | KEY_INSERT) },                       \
    .flags = CMD_WRITE | CMD_GROWS | CMD_NOSCRIPT | CMD_BLOCKING, .categories = ACL_LIST, .group = "list",   \
    .tier = TIER_PASS, .cost = "O(1)", .reply = "bulk string or null"

const struct command list_blocking_commands[] = {
    { "blpop", blpop, .syntax = "key [key ...] timeout", POPS,
      .summary = "Take an element from the front of the first list that has one, or wait for one." },
    { "brpop", brpop, .syntax = "key [key ...] timeout", POPS,
      .summary = "Take an element from the end of the first list that has one, or wait for one." },
    { "blmove", blmove, .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout", MOVES,
      .since = "6.2.0",
      .summary = "Take an element from an end of a list to an end of another, or wait for one." },
    { "brpoplpush", brpoplpush, .syntax = "source destination timeout", MOVES, .since = "2.2.0",
      .summary = "Take an element from the end of a list to the front of another, or wait for one.",
      .deprecated_since = "6.2.0", .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments" },
    { "blmpop", blmpop, .syntax = "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
      .keys = { KEYS_COUNTED(2, KEY_RW | KEY_ACCESS | KEY_DELETE) }, .flags = CMD_WRITE | CMD_BLOCKING,
      .categories = ACL_LIST, .group = "list", .tier = TIER_PASS, .since = "7.0.0",
      .cost = "O(N+M), N being the number of keys and M the number of elements in the reply",
      .reply = "array of the key and an array of bulk strings, or null",
      .summary = "Take elements from an end of the first list that has any, or wait for one." },
    { 0 },
};
