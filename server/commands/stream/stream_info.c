/*
 * XINFO.
 */
#include <stddef.h>

#include "proto/base/slice.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_group_find.h"
#include "server/commands/stream/stream_nodes.h"
#include "server/commands/stream/stream_progress.h"
#include "server/commands/stream/stream_words.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "storage/types/stream.h"

static void reply_size(struct call *call, const char *name, size_t size)
{
    reply_bulk_cstr(call->reply, name);
    reply_int(call->reply, (int64_t)size);
}

static void reply_named_id(struct call *call, const char *name, struct stream_id id)
{
    reply_bulk_cstr(call->reply, name);
    stream_reply_id(call->reply, id);
}

static void reply_named(struct call *call, const char *name, struct slice text)
{
    reply_bulk_cstr(call->reply, name);
    reply_bulk(call->reply, text);
}

/* False: replied, there is none. */
static bool open_stream(struct call *call, struct value *stream)
{
    if (!collection_read(call, 2, &stream_type, stream)) return false;
    if (stream_root_of(stream) != NULL) return true;
    reply_error(call->reply, SLICE(ERR_NO_SUCH_KEY));
    return false;
}

static void reply_progress(struct call *call, const struct value *stream, const struct stream_group *group)
{
    int64_t lag;
    reply_bulk_cstr(call->reply, "entries-read");
    if (group->read != STREAM_READ_UNKNOWN)
        reply_int(call->reply, group->read);
    else
        reply_null(call->reply);
    reply_bulk_cstr(call->reply, "lag");
    if (stream_progress_lag(stream, group, &lag))
        reply_int(call->reply, lag);
    else
        reply_null(call->reply);
}

static void reply_group(struct call *call, const struct value *stream, const struct stream_group *group)
{
    reply_map(call->reply, 6);
    reply_named(call, "name", group->name);
    reply_size(call, "consumers", group->consumer_count);
    reply_size(call, "pending", pending_len(&group->pending));
    reply_named_id(call, "last-delivered-id", group->delivered);
    reply_progress(call, stream, group);
}

static void groups(struct call *call)
{
    struct value stream;
    if (!open_stream(call, &stream)) return;
    const struct stream_root *root = stream_root_of(&stream);
    reply_array(call->reply, root->group_count);
    for (size_t i = 0; i < root->group_count; i++) reply_group(call, &stream, root->groups[i]);
}

static int64_t since(const struct call *call, int64_t then_ms)
{
    return call->now_ms > then_ms ? call->now_ms - then_ms : 0;
}

static void reply_consumer(struct call *call, const struct stream_consumer *consumer)
{
    bool never = consumer->active_ms == STREAM_NEVER_ACTIVE;
    reply_map(call->reply, 4);
    reply_named(call, "name", consumer->name);
    reply_size(call, "pending", consumer->pending);
    reply_bulk_cstr(call->reply, "idle");
    reply_int(call->reply, since(call, consumer->seen_ms));
    reply_bulk_cstr(call->reply, "inactive");
    reply_int(call->reply, never ? -1 : since(call, consumer->active_ms));
}

static void consumers(struct call *call)
{
    struct value stream;
    if (!open_stream(call, &stream)) return;
    const struct stream_group *group = stream_group_named(call, &stream, 3);
    if (group == NULL) {
        stream_group_refuse(call, ERR_GROUP_NAME_FMT, 3, 2);
        return;
    }
    reply_array(call->reply, group->consumer_count);
    for (size_t i = 0; i < group->consumer_count; i++) reply_consumer(call, group->consumers[i]);
}

/* What both forms of XINFO STREAM begin with. */
static void reply_head(struct call *call, const struct value *stream)
{
    const struct stream_root *root = stream_root_of(stream);
    struct stream_nodes nodes = stream_nodes_of(root);
    reply_size(call, "length", root->len);
    reply_size(call, "radix-tree-keys", nodes.blocks);
    reply_size(call, "radix-tree-nodes", nodes.radix_nodes);
    reply_named_id(call, "last-generated-id", root->last);
    reply_named_id(call, "max-deleted-entry-id", root->max_removed);
    reply_size(call, "entries-added", root->added);
    reply_named_id(call, "recorded-first-entry-id", stream_first_id(stream));
}

static void reply_first(struct call *call, const struct value *stream)
{
    struct stream_walk walk = stream_walk(stream, STREAM_ID_MIN);
    struct stream_entry entry;
    reply_bulk_cstr(call->reply, "first-entry");
    if (stream_next(&walk, &entry))
        stream_reply_entry(call->reply, &entry);
    else
        reply_null(call->reply);
}

static void reply_last(struct call *call, const struct value *stream)
{
    struct stream_walk_back walk;
    struct stream_entry entry;
    stream_walk_back(&walk, stream, STREAM_ID_MAX);
    reply_bulk_cstr(call->reply, "last-entry");
    if (stream_back(&walk, &entry))
        stream_reply_entry(call->reply, &entry);
    else
        reply_null(call->reply);
}

static void reply_short(struct call *call, const struct value *stream)
{
    reply_map(call->reply, 10);
    reply_head(call, stream);
    reply_size(call, "groups", stream_root_of(stream)->group_count);
    reply_first(call, stream);
    reply_last(call, stream);
}

static void reply_entries(struct call *call, const struct value *stream, size_t most)
{
    struct stream_walk walk = stream_walk(stream, STREAM_ID_MIN);
    struct stream_entry entry;
    size_t count = 0;
    reply_bulk_cstr(call->reply, "entries");
    struct reply_mark mark = reply_open(call->reply);
    for (; count < most && stream_next(&walk, &entry); count++) stream_reply_entry(call->reply, &entry);
    reply_close_array(call->reply, mark, count);
}

/* Of one consumer without its name, or of all with theirs. */
static void reply_pending(struct call *call, const struct stream_group *group,
                          const struct stream_consumer *consumer, size_t most)
{
    struct pending_walk walk = pending_walk(&group->pending, STREAM_ID_MIN);
    struct pending_entry entry;
    size_t count = 0, all = consumer != NULL ? consumer->pending : pending_len(&group->pending);
    reply_bulk_cstr(call->reply, "pending");
    struct reply_mark mark = reply_open(call->reply);
    while (count < most && count < all && pending_next(&walk, &entry)) {
        if (consumer != NULL && entry.consumer != consumer->number) continue;
        reply_array(call->reply, consumer != NULL ? 3 : 4);
        stream_reply_id(call->reply, entry.id);
        if (consumer == NULL) reply_bulk(call->reply, stream_group_numbered(group, entry.consumer)->name);
        reply_int(call->reply, entry.delivered_ms);
        reply_int(call->reply, (int64_t)entry.deliveries);
        count++;
    }
    reply_close_array(call->reply, mark, count);
}

static void reply_consumers(struct call *call, const struct stream_group *group, size_t most)
{
    reply_bulk_cstr(call->reply, "consumers");
    reply_array(call->reply, group->consumer_count);
    for (size_t i = 0; i < group->consumer_count; i++) {
        const struct stream_consumer *consumer = group->consumers[i];
        reply_map(call->reply, 5);
        reply_named(call, "name", consumer->name);
        reply_bulk_cstr(call->reply, "seen-time");
        reply_int(call->reply, consumer->seen_ms);
        reply_bulk_cstr(call->reply, "active-time");
        reply_int(call->reply, consumer->active_ms);
        reply_size(call, "pel-count", consumer->pending);
        reply_pending(call, group, consumer, most);
    }
}

static void reply_group_full(struct call *call, const struct value *stream, const struct stream_group *group,
                             size_t most)
{
    reply_map(call->reply, 7);
    reply_named(call, "name", group->name);
    reply_named_id(call, "last-delivered-id", group->delivered);
    reply_progress(call, stream, group);
    reply_size(call, "pel-count", pending_len(&group->pending));
    reply_pending(call, group, NULL, most);
    reply_consumers(call, group, most);
}

static void reply_full(struct call *call, const struct value *stream, size_t most)
{
    const struct stream_root *root = stream_root_of(stream);
    reply_map(call->reply, 9);
    reply_head(call, stream);
    reply_entries(call, stream, most);
    reply_bulk_cstr(call->reply, "groups");
    reply_array(call->reply, root->group_count);
    for (size_t i = 0; i < root->group_count; i++) reply_group_full(call, stream, root->groups[i], most);
}

enum { FULL_COUNT = 10 };

/* Of FULL how many of each, 0 being all. */
static bool read_full(struct call *call, bool *full, int64_t *count)
{
    *full = call->argc > 3;
    *count = FULL_COUNT;
    if (!*full) return true;
    bool right = call_arg_is(call, 3, "full") &&
                 (call->argc == 4 || (call->argc == 6 && call_arg_is(call, 4, "count")));
    if (!right) {
        refuse_subcommand_arguments(call, call->command->parent);
        return false;
    }
    if (call->argc == 6 && !call_arg_int(call, 5, count)) return false;
    if (*count < 0) *count = FULL_COUNT;
    return true;
}

static void stream(struct call *call)
{
    struct value value;
    bool full;
    int64_t count;
    if (!open_stream(call, &value) || !read_full(call, &full, &count)) return;
    if (full)
        reply_full(call, &value, count > 0 ? (size_t)count : SIZE_MAX);
    else
        reply_short(call, &value);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.",
        NULL,
    };
    help_reply(call, lines);
}

#define SUBCOMMAND .categories = ACL_STREAM, .group = "stream", .since = "5.0.0"
#define QUESTION   .keys = { KEY(2, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, SUBCOMMAND

static const struct command subcommands[] = {
    { "consumers", consumers, .syntax = "key groupname", QUESTION,
      .cost = "O(N), N being the number of consumers", .reply = "array of maps",
      .summary = "The consumers of a group.", .tips = "nondeterministic_output" },
    { "groups", groups, .syntax = "key", QUESTION, .cost = "O(N), N being the number of groups",
      .reply = "array of maps", .summary = "The groups of a stream." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, SUBCOMMAND, .cost = "O(1)",
      .reply = "array of lines", .summary = "Explains the subcommands." },
    { "stream", stream, .syntax = "key [FULL [COUNT count]]", QUESTION,
      .cost = "O(N), N being the number of blocks, with some 100 entries each", .reply = "map",
      .summary = "What is known of a stream; with FULL its first entries, and its groups as well." },
    { 0 },
};

const struct command stream_info_commands[] = {
    { "xinfo", NULL, .syntax = "", .group = "stream", .tier = TIER_PASS, .since = "5.0.0",
      .cost = "Depends on the subcommand.", .summary = "Questions about a stream and its groups.",
      .subcommands = subcommands },
    { 0 },
};
