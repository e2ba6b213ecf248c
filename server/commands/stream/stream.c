/*
 * Commands on the entries of a stream, but for adding to it and waiting for it.
 */
#include "storage/types/stream.h"

#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_words.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

static void xlen(struct call *call)
{
    struct value stream;
    if (collection_read(call, 1, &stream_type, &stream)) reply_int(call->reply, (int64_t)value_len(&stream));
}

struct range {
    struct stream_id start, end;
    int64_t count; /* negative: no limit */
};

static bool read_count(struct call *call, struct range *range)
{
    range->count = -1;
    for (int arg = 4; arg < call->argc; arg += 2) {
        if (!call_arg_is(call, arg, "count") || arg + 1 == call->argc) {
            reply_error(call->reply, SLICE(ERR_SYNTAX));
            return false;
        }
        if (!call_arg_int(call, arg + 1, &range->count)) return false;
        if (range->count < 0) range->count = 0;
    }
    return true;
}

/* A negative count of entries is none; without one there is no limit. */
static bool read_range(struct call *call, int start, int end, struct range *range)
{
    return stream_word_start(call, start, &range->start) && stream_word_end(call, end, &range->end) &&
           read_count(call, range);
}

static void reply_up(struct call *call, const struct value *stream, const struct range *range)
{
    struct stream_walk walk = stream_walk(stream, range->start);
    struct stream_entry entry;
    struct reply_mark mark = reply_open(call->reply);
    size_t count = 0, most = range->count < 0 ? SIZE_MAX : (size_t)range->count;
    while (count < most && stream_next(&walk, &entry) && stream_id_compare(entry.id, range->end) <= 0) {
        stream_reply_entry(call->reply, &entry);
        count++;
    }
    reply_close_array(call->reply, mark, count);
}

static void reply_down(struct call *call, const struct value *stream, const struct range *range)
{
    struct stream_walk_back walk;
    struct stream_entry entry;
    struct reply_mark mark = reply_open(call->reply);
    size_t count = 0, most = range->count < 0 ? SIZE_MAX : (size_t)range->count;
    stream_walk_back(&walk, stream, range->end);
    while (count < most && stream_back(&walk, &entry) && stream_id_compare(entry.id, range->start) >= 0) {
        stream_reply_entry(call->reply, &entry);
        count++;
    }
    reply_close_array(call->reply, mark, count);
}

static void reply_range(struct call *call, const struct range *range,
                        void (*reply)(struct call *call, const struct value *stream,
                                      const struct range *range))
{
    struct value stream;
    if (!collection_read(call, 1, &stream_type, &stream)) return;
    if (stream_root_of(&stream) == NULL)
        reply_array(call->reply, 0);
    else if (range->count == 0)
        reply_null_array(call->reply);
    else
        reply(call, &stream, range);
}

static void xrange(struct call *call)
{
    struct range range;
    if (read_range(call, 2, 3, &range)) reply_range(call, &range, reply_up);
}

static void xrevrange(struct call *call)
{
    struct range range;
    if (read_range(call, 3, 2, &range)) reply_range(call, &range, reply_down);
}

static bool check_ids(struct call *call, int first)
{
    struct stream_id id;
    for (int arg = first; arg < call->argc; arg++)
        if (!stream_word_id(call, arg, 0, &id)) return false;
    return true;
}

static size_t remove_all(struct call *call, struct value *stream)
{
    size_t removed = 0;
    struct stream_id id;
    for (int arg = 2; arg < call->argc; arg++)
        if (stream_word_parse(call->argv[arg], 0, &id)) removed += stream_remove(stream, id);
    return removed;
}

/* Nothing is removed where one of the ids is none; of a stream that is not there nobody looks at them. */
static void xdel(struct call *call)
{
    struct collection stream;
    if (!collection_edit(call, 1, &stream_type, &stream)) return;
    bool is_there = stream_root_of(stream.value) != NULL;
    bool is_right = !is_there || check_ids(call, 2);
    size_t removed = is_there && is_right ? remove_all(call, stream.value) : 0;
    collection_commit(call, &stream, removed > 0 ? EVENT_XDEL : EVENT_NONE);
    if (is_right) reply_int(call->reply, (int64_t)removed);
}

struct setting {
    struct stream_id last, max_removed;
    int64_t added; /* negative: not given */
};

static bool fail(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_added(struct call *call, int arg, struct setting *setting)
{
    if (!call_arg_int(call, arg, &setting->added)) return false;
    return setting->added >= 0 || fail(call, SLICE(ERR_STREAM_ADDED_NEGATIVE));
}

static bool read_max_removed(struct call *call, int arg, struct setting *setting)
{
    if (!stream_word_id(call, arg, 0, &setting->max_removed)) return false;
    return stream_id_compare(setting->last, setting->max_removed) >= 0 ||
           fail(call, SLICE(ERR_STREAM_BELOW_GIVEN));
}

static bool read_setting(struct call *call, struct setting *setting)
{
    *setting = (struct setting){ .added = -1 };
    if (!stream_word_id(call, 2, 0, &setting->last)) return false;
    for (int arg = 3; arg < call->argc; arg += 2) {
        bool has_value = arg + 1 < call->argc;
        if (has_value && call_arg_is(call, arg, "entriesadded")) {
            if (!read_added(call, arg + 1, setting)) return false;
        } else if (has_value && call_arg_is(call, arg, "maxdeletedid")) {
            if (!read_max_removed(call, arg + 1, setting)) return false;
        } else {
            return fail(call, SLICE(ERR_SYNTAX));
        }
    }
    return true;
}

static bool may_set(struct call *call, const struct value *stream, const struct setting *setting)
{
    const struct stream_root *root = stream_root_of(stream);
    if (root == NULL) return fail(call, SLICE(ERR_NO_SUCH_KEY));
    if (root->len == 0) return true;
    if (stream_id_compare(setting->last, stream_last_there(stream)) < 0)
        return fail(call, SLICE(ERR_STREAM_BELOW_TOP));
    if (setting->added >= 0 && root->len > (size_t)setting->added)
        return fail(call, SLICE(ERR_STREAM_ADDED_SMALL));
    return true;
}

static void xsetid(struct call *call)
{
    struct setting setting;
    struct collection stream;
    if (!read_setting(call, &setting) || !collection_edit(call, 1, &stream_type, &stream)) return;
    bool set = may_set(call, stream.value, &setting);
    if (set) {
        struct stream_root *root = stream_root_of(stream.value);
        root->last = setting.last;
        if (setting.added >= 0) root->added = (uint64_t)setting.added;
        if (stream_id_compare(setting.max_removed, STREAM_ID_MIN) != 0)
            root->max_removed = setting.max_removed;
        reply_ok(call->reply);
    }
    collection_commit(call, &stream, set ? EVENT_XSETID : EVENT_NONE);
}

#define RANGE                                                                                                \
    .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_STREAM,                \
    .group = "stream", .tier = TIER_PASS | TIER_TYPED, .since = "5.0.0",                                     \
    .cost = "O(log(N)+M), N being the length of the stream and M the number of entries in the reply",        \
    .reply = "array of pairs: id, array of fields and values"

const struct command stream_commands[] = {
    { "xlen", xlen, .syntax = "key", .keys = { KEY(1, KEY_RO) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_STREAM, .group = "stream", .tier = TIER_PASS | TIER_TYPED, .since = "5.0.0",
      .cost = "O(1)", .reply = "integer", .summary = "How many entries a stream has." },
    { "xrange", xrange, .syntax = "key start end [COUNT count]", RANGE,
      .summary = "The entries of a stream between two ids." },
    { "xrevrange", xrevrange, .syntax = "key end start [COUNT count]", RANGE,
      .summary = "The entries of a stream between two ids, the latest first." },
    { "xdel", xdel, .syntax = "key id [id ...]", .keys = { KEY(1, KEY_RW | KEY_DELETE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STREAM, .group = "stream", .tier = TIER_PASS,
      .since = "5.0.0", .cost = "O(log(N)) for each id, N being the length of the stream", .reply = "integer",
      .summary = "Remove entries of a stream." },
    { "xsetid", xsetid,
      .syntax = "key last-id [ENTRIESADDED entries_added] [MAXDELETEDID max_deleted_entry_id]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_STREAM, .group = "stream", .tier = TIER_PASS, .since = "5.0.0", .cost = "O(1)",
      .reply = "OK", .summary = "Say what the last id of a stream was." },
    { 0 },
};
