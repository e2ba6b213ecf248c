#include "server/commands/collection/list_move.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/list_end.h"
#include "server/commands/collection/numkeys.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/list.h"

/* The element at one end goes to the other end of the same list. Its text lies in what is written to. */
static void turn(struct value *list, enum list_side from, enum list_side to)
{
    char scratch[NUMBER_I64_MAX];
    struct atom element = list_at(list, list_end_index(list, from));
    struct slice text = atom_text(&element, scratch);
    char *copy = alloc_bytes(text.len);
    if (text.len > 0) memcpy(copy, text.data, text.len);
    list_push(list, to, slice_of(copy, text.len));
    list_remove(list, list_end_index(list, from), 1);
    alloc_free(copy);
}

static bool rotate(struct call *call, enum list_side from, enum list_side to)
{
    struct collection list;
    if (!collection_edit(call, 1, &list_type, &list)) return true;
    if (value_len(list.value) == 0) {
        collection_commit(call, &list, EVENT_NONE);
        return false;
    }
    struct atom element = list_at(list.value, list_end_index(list.value, from));
    collection_reply(call, &element);
    if (from != to && value_len(list.value) > 1) turn(list.value, from, to);
    collection_commit(call, &list, list_end_push_event(to));
    call_changed(call, 1, list_end_pop_event(from));
    return true;
}

/* Between two opened lists, the first of which is not empty. */
static void move_between(struct call *call, struct collection *source, enum list_side from,
                         struct collection *destination, enum list_side to)
{
    char scratch[NUMBER_I64_MAX];
    size_t index = list_end_index(source->value, from);
    struct atom element = list_at(source->value, index);
    collection_reply(call, &element);
    list_expect(destination->value, 1, element.text.len);
    list_push(destination->value, to, atom_text(&element, scratch));
    collection_commit(call, destination, list_end_push_event(to));
    list_remove(source->value, index, 1);
    collection_commit(call, source, list_end_pop_event(from));
}

bool list_move_element(struct call *call, enum list_side from, enum list_side to)
{
    struct collection source, destination;
    if (slice_equal(call->argv[1], call->argv[2])) return rotate(call, from, to);
    if (!collection_edit(call, 1, &list_type, &source)) return true;
    bool is_empty = value_len(source.value) == 0;
    if (!is_empty && collection_edit(call, 2, &list_type, &destination)) {
        move_between(call, &source, from, &destination, to);
        return true;
    }
    collection_commit(call, &source, EVENT_NONE);
    return !is_empty;
}

static void move(struct call *call, enum list_side from, enum list_side to)
{
    if (!list_move_element(call, from, to)) reply_null(call->reply);
}

static void lmove(struct call *call)
{
    enum list_side from, to;
    if (list_end_read(call, 3, &from) && list_end_read(call, 4, &to)) move(call, from, to);
}

static void rpoplpush(struct call *call)
{
    move(call, LIST_TAIL, LIST_HEAD);
}

static bool read_count(struct call *call, int arg, int64_t *count)
{
    if (number_parse_i64(call->argv[arg], count) && *count > 0) return true;
    reply_error(call->reply, SLICE(ERR_COUNT_NOT_POSITIVE));
    return false;
}

static bool refuse(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

bool list_take_read(struct call *call, int arg, struct list_take *take)
{
    *take = (struct list_take){ .count = 1 };
    if (arg >= call->argc) return refuse(call);
    if (!list_end_read(call, arg, &take->side)) return false;
    if (arg + 1 == call->argc) return true;
    if (arg + 2 == call->argc || !call_arg_is(call, arg + 1, "count")) return refuse(call);
    return read_count(call, arg + 2, &take->count) && (arg + 3 == call->argc || refuse(call));
}

bool list_take_from(struct call *call, int arg, const struct list_take *take)
{
    struct collection list;
    if (!collection_edit(call, arg, &list_type, &list)) return true;
    if (value_len(list.value) == 0) {
        collection_commit(call, &list, EVENT_NONE);
        return false;
    }
    reply_array(call->reply, 2);
    reply_bulk(call->reply, call->argv[arg]);
    list_end_pop(call, &list, take->side, (size_t)take->count);
    return true;
}

static void lmpop(struct call *call)
{
    int keys;
    struct list_take take;
    if (!numkeys_read(call, 1, SLICE(ERR_SYNTAX), &keys) || !list_take_read(call, 2 + keys, &take)) return;
    for (int arg = 2; arg < 2 + keys; arg++)
        if (list_take_from(call, arg, &take)) return;
    reply_null_array(call->reply);
}

const struct command list_move_commands[] = {
    { "lmove", lmove, .syntax = "source destination <LEFT | RIGHT> <LEFT | RIGHT>",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY(2, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "6.2.0", .cost = "O(1)", .reply = "bulk string or null",
      .summary = "Take an element from an end of a list to an end of another, or of the same." },
    { "rpoplpush", rpoplpush, .syntax = "source destination",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY(2, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "1.2.0", .cost = "O(1)", .reply = "bulk string or null",
      .summary = "Take an element from the end of a list to the front of another, or of the same.",
      .deprecated_since = "6.2.0", .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments" },
    { "lmpop", lmpop, .syntax = "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]",
      .keys = { KEYS_COUNTED(1, KEY_RW | KEY_ACCESS | KEY_DELETE) }, .flags = CMD_WRITE,
      .categories = ACL_LIST, .group = "list", .tier = TIER_PASS, .since = "7.0.0",
      .cost = "O(N+M), N being the number of keys and M the number of elements in the reply",
      .reply = "array of the key and an array of bulk strings, or null",
      .summary = "Take elements from an end of the first list that has any." },
    { 0 },
};
