#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/list_end.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/list.h"

/* Negative ones count from the end. False: there is no such element. */
static bool resolve(int64_t index, size_t len, size_t *at)
{
    if (index < 0) index += (int64_t)len;
    *at = (size_t)index;
    return index >= 0 && *at < len;
}

static void lindex(struct call *call)
{
    struct value list;
    if (!collection_read(call, 1, &list_type, &list)) return;

    int64_t index;
    size_t at;
    bool is_empty = value_len(&list) == 0;
    if (!is_empty && !call_arg_int(call, 2, &index)) return;
    if (is_empty || !resolve(index, value_len(&list), &at)) {
        reply_null(call->reply);
        return;
    }
    struct atom element = list_at(&list, at);
    collection_reply(call, &element);
}

/* False: replied, and nothing was written. */
static bool set_element(struct call *call, struct value *list)
{
    int64_t index;
    size_t at;
    if (value_len(list) == 0) {
        reply_error(call->reply, SLICE(ERR_NO_SUCH_KEY));
    } else if (!call_arg_int(call, 2, &index)) {
        /* replied */
    } else if (!resolve(index, value_len(list), &at)) {
        reply_error(call->reply, SLICE(ERR_OUT_OF_RANGE));
    } else {
        list_expect(list, 1, call->argv[3].len);
        list_set(list, at, call->argv[3]);
        return true;
    }
    return false;
}

static void lset(struct call *call)
{
    struct collection list;
    if (!collection_edit(call, 1, &list_type, &list)) return;
    bool is_set = set_element(call, list.value);
    collection_commit(call, &list, is_set ? EVENT_LSET : EVENT_NONE);
    if (is_set) reply_ok(call->reply);
}

/* A text as a list keeps it, to be compared with what it has. */
static struct atom sought_of(struct slice text)
{
    int64_t integer;
    return number_parse_i64(text, &integer) ? atom_of_integer(integer) : atom_of_text(text);
}

static bool is_sought(const struct atom *sought, const struct atom *element)
{
    if (atom_is_integer(sought)) return atom_is_integer(element) && element->integer == sought->integer;
    return !atom_is_integer(element) && slice_equal(element->text, sought->text);
}

static enum list_side opposite(enum list_side side)
{
    return side == LIST_HEAD ? LIST_TAIL : LIST_HEAD;
}

/* The index of the first that is `sought`, from the head; the length: there is none. */
static size_t find(const struct value *list, const struct atom *sought)
{
    struct list_walk walk = list_walk(list, 0, LIST_TAIL);
    struct atom element;
    size_t index = 0;
    for (; list_next(&walk, &element); index++) {
        if (is_sought(sought, &element)) break;
    }
    return index;
}

/* 0: there is no list; -1: the pivot is not in it; otherwise its new length. */
static int64_t insert(struct call *call, struct value *list, bool after)
{
    if (value_len(list) == 0) return 0;
    struct atom pivot = sought_of(call->argv[3]);
    size_t index = find(list, &pivot);
    if (index == value_len(list)) return -1;
    list_expect(list, 1, call->argv[4].len);
    list_insert(list, index + after, call->argv[4]);
    return (int64_t)value_len(list);
}

static void linsert(struct call *call)
{
    struct collection list;
    bool after = call_arg_is(call, 2, "after");
    if (!after && !call_arg_is(call, 2, "before")) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    if (!collection_edit(call, 1, &list_type, &list)) return;
    int64_t result = insert(call, list.value, after);
    collection_commit(call, &list, result > 0 ? EVENT_LINSERT : EVENT_NONE);
    reply_int(call->reply, result);
}

/* How many elements from where `walk` is are `sought`, up to `limit`. */
static size_t run_length(struct list_walk *walk, const struct atom *sought, size_t limit)
{
    struct atom element;
    size_t len = 0;
    while (len < limit && list_next(walk, &element) && is_sought(sought, &element)) len++;
    return len;
}

/* Remove up to `limit` that are `sought`, the first ones from `side`. Neighbours go together; behind each
 * removal the walk begins anew where it was. Returns how many. */
static size_t remove_sought(struct value *list, const struct atom *sought, size_t limit, enum list_side side)
{
    size_t removed = 0, passed = 0; /* looked at and kept, from `side` */
    while (removed < limit && passed < value_len(list)) {
        size_t from = side == LIST_HEAD ? passed : value_len(list) - 1 - passed;
        struct list_walk walk = list_walk(list, from, opposite(side));
        struct atom element;
        while (list_next(&walk, &element) && !is_sought(sought, &element)) passed++;
        if (passed == value_len(list)) break;

        size_t run = 1 + run_length(&walk, sought, limit - removed - 1);
        list_remove(list, side == LIST_HEAD ? passed : value_len(list) - passed - run, run);
        removed += run;
    }
    return removed;
}

/* Of the least integer as well. */
static size_t magnitude(int64_t number)
{
    return number < 0 ? (size_t)0 - (size_t)number : (size_t)number;
}

static void lrem(struct call *call)
{
    int64_t count;
    struct collection list;
    if (!call_arg_int(call, 2, &count) || !collection_edit(call, 1, &list_type, &list)) return;

    struct atom sought = sought_of(call->argv[3]);
    size_t limit = count == 0 ? SIZE_MAX : magnitude(count);
    size_t removed = remove_sought(list.value, &sought, limit, count < 0 ? LIST_TAIL : LIST_HEAD);
    collection_commit(call, &list, removed > 0 ? EVENT_LREM : EVENT_NONE);
    reply_int(call->reply, (int64_t)removed);
}

struct search {
    struct atom sought;
    int64_t rank;  /* of the first match that is told; negative: from the tail */
    int64_t count; /* of matches; 0: all; -1: one, and not as an array */
    int64_t most;  /* elements that are looked at; 0: all */
};

static bool read_rank(struct call *call, int arg, int64_t *rank)
{
    if (!call_arg_int(call, arg, rank)) return false;
    if (*rank != 0 && *rank != INT64_MIN) return true;
    reply_error(call->reply, *rank == 0 ? SLICE(ERR_RANK_ZERO) : SLICE(ERR_LONG_RANGE));
    return false;
}

static bool read_not_negative(struct call *call, int arg, int64_t *value, struct slice error)
{
    if (!call_arg_int_or(call, arg, value, error)) return false;
    if (*value >= 0) return true;
    reply_error(call->reply, error);
    return false;
}

static bool read_search(struct call *call, struct search *search)
{
    *search = (struct search){ .sought = sought_of(call->argv[2]), .rank = 1, .count = -1 };
    for (int arg = 3; arg < call->argc; arg += 2) {
        bool has_value = arg + 1 < call->argc, read;
        if (has_value && call_arg_is(call, arg, "rank")) {
            read = read_rank(call, arg + 1, &search->rank);
        } else if (has_value && call_arg_is(call, arg, "count")) {
            read = read_not_negative(call, arg + 1, &search->count, SLICE(ERR_COUNT_NEGATIVE));
        } else if (has_value && call_arg_is(call, arg, "maxlen")) {
            read = read_not_negative(call, arg + 1, &search->most, SLICE(ERR_MAXLEN_NEGATIVE));
        } else {
            reply_error(call->reply, SLICE(ERR_SYNTAX));
            read = false;
        }
        if (!read) return false;
    }
    return true;
}

/* Reply the indexes of the matches; how many there were. */
static size_t reply_matches(struct call *call, const struct value *list, const struct search *search)
{
    enum list_side side = search->rank < 0 ? LIST_TAIL : LIST_HEAD;
    size_t len = value_len(list), told = 0;
    size_t most = search->most == 0 ? SIZE_MAX : (size_t)search->most;
    size_t wanted = search->count == 0 ? SIZE_MAX : search->count < 0 ? 1 : (size_t)search->count;
    size_t skip = magnitude(search->rank) - 1;
    struct atom element;
    if (len == 0) return 0;
    struct list_walk walk = list_walk(list, list_end_index(list, side), opposite(side));
    for (size_t i = 0; i < most && told < wanted && list_next(&walk, &element); i++) {
        if (!is_sought(&search->sought, &element)) continue;
        if (skip > 0) {
            skip--;
            continue;
        }
        reply_int(call->reply, (int64_t)(side == LIST_HEAD ? i : len - 1 - i));
        told++;
    }
    return told;
}

static void lpos(struct call *call)
{
    struct search search;
    struct value list;
    if (!read_search(call, &search) || !collection_read(call, 1, &list_type, &list)) return;

    if (search.count < 0) {
        if (reply_matches(call, &list, &search) == 0) reply_null(call->reply);
        return;
    }
    if (value_len(&list) == 0) {
        reply_array(call->reply, 0);
        return;
    }
    struct reply_mark mark = reply_open(call->reply);
    reply_close_array(call->reply, mark, reply_matches(call, &list, &search));
}

const struct command list_position_commands[] = {
    { "lindex", lindex, .syntax = "key index", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY,
      .categories = ACL_LIST, .group = "list", .tier = TIER_PASS | TIER_TYPED, .since = "1.0.0",
      .cost = "O(log(N)), N being the length of the list", .reply = "bulk string or null",
      .summary = "The element of a list at an index." },
    { "lset", lset, .syntax = "key index element", .keys = { KEY(1, KEY_RW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS,
      .since = "1.0.0", .cost = "O(log(N)), N being the length of the list", .reply = "OK",
      .summary = "Replace the element of a list at an index." },
    { "linsert", linsert, .syntax = "key <BEFORE | AFTER> pivot element",
      .keys = { KEY(1, KEY_RW | KEY_INSERT) }, .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_LIST,
      .group = "list", .tier = TIER_PASS, .since = "2.2.0",
      .cost = "O(N), N being the number of elements up to the pivot", .reply = "integer",
      .summary = "Put an element into a list beside another one." },
    { "lrem", lrem, .syntax = "key count element", .keys = { KEY(1, KEY_RW | KEY_DELETE) },
      .flags = CMD_WRITE, .categories = ACL_LIST, .group = "list", .tier = TIER_PASS, .since = "1.0.0",
      .cost = "O(N+M*log(N)), N being the length of the list and M the number of elements removed",
      .reply = "integer", .summary = "Remove elements from a list that are equal to one." },
    { "lpos", lpos, .syntax = "key element [RANK rank] [COUNT num-matches] [MAXLEN len]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_LIST, .group = "list",
      .tier = TIER_PASS | TIER_TYPED, .since = "6.0.6",
      .cost = "O(N), N being the number of elements that are looked at",
      .reply = "integer or null; with COUNT an array of integers",
      .summary = "The indexes of the elements of a list that are equal to one." },
    { 0 },
};
