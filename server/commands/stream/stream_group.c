/*
 * XGROUP.
 */
#include <stddef.h>

#include "proto/base/slice.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_group_find.h"
#include "server/commands/stream/stream_words.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/refusal.h"
#include "storage/types/stream.h"

struct options {
    bool makes_stream;
    int64_t read;
};

static bool fail(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_count(struct call *call, int arg, struct options *options)
{
    if (!call_arg_int(call, arg, &options->read)) return false;
    return options->read >= 0 || options->read == STREAM_READ_UNKNOWN ||
           fail(call, SLICE(ERR_GROUP_READ_COUNT));
}

static bool read_options(struct call *call, bool creates, struct options *options)
{
    *options = (struct options){ .read = STREAM_READ_UNKNOWN };
    for (int arg = 5; arg < call->argc; arg++) {
        if (creates && call_arg_is(call, arg, "mkstream")) {
            options->makes_stream = true;
        } else if (arg + 1 < call->argc && call_arg_is(call, arg, "entriesread")) {
            if (!read_count(call, ++arg, options)) return false;
        } else {
            refuse_subcommand_arguments(call, call->command->parent);
            return false;
        }
    }
    return true;
}

/* The last id of the stream, if it is asked for. */
static bool is_last(struct call *call, const struct value *stream, struct stream_id *id)
{
    const struct stream_root *root = stream_root_of(stream);
    *id = root != NULL ? root->last : STREAM_ID_MIN;
    return slice_equal(call->argv[4], SLICE("$"));
}

static bool may_create(struct call *call, const struct value *stream, const struct options *options,
                       struct stream_id *id)
{
    if (stream_root_of(stream) == NULL && !options->makes_stream) return fail(call, SLICE(ERR_STREAM_NO_KEY));
    return is_last(call, stream, id) || stream_word_id(call, 4, 0, id);
}

/* A group that is there already is no error of the stream, which has come to be if it was to. */
static enum change_event create_group(struct call *call, struct value *stream, const struct options *options,
                                      struct stream_id id)
{
    struct stream_root *root = stream_open(stream);
    if (stream_root_group(root, call->argv[3]) != NULL) {
        reply_error(call->reply, SLICE(ERR_GROUP_BUSY));
        return EVENT_NONE;
    }
    struct stream_group *group = stream_root_add_group(root, call->argv[3]);
    group->delivered = id;
    group->read = options->read;
    reply_ok(call->reply);
    return EVENT_XGROUP_CREATE;
}

static void create(struct call *call)
{
    struct options options;
    struct collection stream;
    struct stream_id id;
    if (!read_options(call, true, &options) || !collection_edit(call, 2, &stream_type, &stream)) return;
    bool is_new = stream_root_of(stream.value) == NULL;
    bool may = may_create(call, stream.value, &options, &id);
    enum change_event event = may ? create_group(call, stream.value, &options, id) : EVENT_NONE;
    collection_commit(call, &stream, event);
    if (may && is_new) call_changed(call, 2, EVENT_SILENT);
}

/* The group of a stream that is opened to be changed. NULL: nothing is open, and an error was replied. */
static struct stream_group *open_group(struct call *call, struct collection *stream)
{
    if (!collection_edit(call, 2, &stream_type, stream)) return NULL;
    struct stream_group *group = stream_group_named(call, stream->value, 3);
    if (group != NULL) return group;
    if (stream_root_of(stream->value) == NULL)
        reply_error(call->reply, SLICE(ERR_STREAM_NO_KEY));
    else
        stream_group_refuse(call, ERR_GROUP_NAME_FMT, 3, 2);
    collection_commit(call, stream, EVENT_NONE);
    return NULL;
}

static void set_id(struct call *call)
{
    struct options options;
    struct collection stream;
    struct stream_id id;
    if (!read_options(call, false, &options)) return;
    struct stream_group *group = open_group(call, &stream);
    if (group == NULL) return;
    bool set = is_last(call, stream.value, &id) || stream_word_id_or_end(call, 4, 0, &id);
    if (set) {
        group->delivered = id;
        group->read = options.read;
        reply_ok(call->reply);
    }
    collection_commit(call, &stream, set ? EVENT_XGROUP_SETID : EVENT_NONE);
}

static void destroy(struct call *call)
{
    struct collection stream;
    if (!collection_edit(call, 2, &stream_type, &stream)) return;
    struct stream_root *root = stream_root_of(stream.value);
    struct stream_group *group = stream_group_named(call, stream.value, 3);
    if (group != NULL) stream_root_remove_group(root, group);
    collection_commit(call, &stream, group != NULL ? EVENT_XGROUP_DESTROY : EVENT_NONE);
    if (root == NULL)
        reply_error(call->reply, SLICE(ERR_STREAM_NO_KEY));
    else
        reply_int(call->reply, group != NULL);
}

static void create_consumer(struct call *call)
{
    struct collection stream;
    struct stream_group *group = open_group(call, &stream);
    if (group == NULL) return;
    bool is_there = stream_group_find(group, call->argv[4]) != NULL;
    if (!is_there) stream_group_join(group, call->argv[4], call->now_ms);
    collection_commit(call, &stream, is_there ? EVENT_NONE : EVENT_XGROUP_CREATECONSUMER);
    reply_int(call->reply, !is_there);
}

static void delete_consumer(struct call *call)
{
    struct collection stream;
    struct stream_group *group = open_group(call, &stream);
    if (group == NULL) return;
    struct stream_consumer *consumer = stream_group_find(group, call->argv[4]);
    size_t pending = consumer != NULL ? stream_group_leave(group, consumer) : 0;
    collection_commit(call, &stream, consumer != NULL ? EVENT_XGROUP_DELCONSUMER : EVENT_NONE);
    reply_int(call->reply, (int64_t)pending);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.",
        NULL,
    };
    help_reply(call, lines);
}

#define SUBCOMMAND .categories = ACL_STREAM, .group = "stream"
#define ONE_GROUP  SUBCOMMAND, .cost = "O(1)"

static const struct command subcommands[] = {
    { "create", create, .syntax = "key groupname <id | $> [MKSTREAM] [ENTRIESREAD entries_read]",
      .keys = { KEY(2, KEY_RW | KEY_INSERT) }, .flags = CMD_WRITE | CMD_GROWS, ONE_GROUP, .since = "5.0.0",
      .reply = "OK", .summary = "Make a group that reads a stream from an id on." },
    { "createconsumer", create_consumer, .syntax = "key groupname consumername",
      .keys = { KEY(2, KEY_RW | KEY_INSERT) }, .flags = CMD_WRITE | CMD_GROWS, ONE_GROUP, .since = "6.2.0",
      .reply = "integer", .summary = "Let somebody be a consumer of a group." },
    { "delconsumer", delete_consumer, .syntax = "key groupname consumername",
      .keys = { KEY(2, KEY_RW | KEY_DELETE) }, .flags = CMD_WRITE, SUBCOMMAND, .since = "5.0.0",
      .cost = "O(N), N being the number of entries that are pending in the group", .reply = "integer",
      .summary = "Remove a consumer with all that it has not acknowledged." },
    { "destroy", destroy, .syntax = "key groupname", .keys = { KEY(2, KEY_RW | KEY_DELETE) },
      .flags = CMD_WRITE, SUBCOMMAND, .since = "5.0.0",
      .cost = "O(N), N being the number of entries that are pending", .reply = "integer",
      .summary = "Remove a group." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, ONE_GROUP, .since = "5.0.0",
      .reply = "array of lines", .summary = "Explains the subcommands." },
    { "setid", set_id, .syntax = "key groupname <id | $> [ENTRIESREAD entries_read]",
      .keys = { KEY(2, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE, ONE_GROUP, .since = "5.0.0", .reply = "OK",
      .summary = "Say behind which id a group reads on." },
    { 0 },
};

const struct command stream_group_commands[] = {
    { "xgroup", NULL, .syntax = "", .group = "stream", .tier = TIER_PASS, .since = "5.0.0",
      .cost = "Depends on the subcommand.", .summary = "Groups of consumers of a stream.",
      .subcommands = subcommands },
    { 0 },
};
