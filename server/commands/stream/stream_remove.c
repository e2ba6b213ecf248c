/*
 * XDELEX and XACKDEL: entries are removed with regard to what groups refer to.
 */
#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_group_find.h"
#include "server/commands/stream/stream_trimming.h"
#include "server/commands/stream/stream_words.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/stream_references.h"

struct removal {
    enum stream_references references;
    bool has_references;
    int first, count; /* of the ids; 0: not told yet */
};

static bool fail(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

/* argv[arg] is how many ids follow. */
static bool read_ids(struct call *call, int arg, struct removal *removal)
{
    int64_t count;
    struct stream_id id;
    if (!number_parse_i64(call->argv[arg], &count) || count < 1)
        return fail(call, SLICE(ERR_STREAM_IDS_NUMBER));
    if (count > call->argc - arg - 1) return fail(call, SLICE(ERR_STREAM_IDS_MATCH));
    removal->first = arg + 1;
    removal->count = (int)count;
    for (int i = 0; i < removal->count; i++)
        if (!stream_word_id(call, removal->first + i, 0, &id)) return false;
    return true;
}

/* The options from argv[arg] on. False: replied. */
static bool read_removal(struct call *call, int arg, struct removal *removal)
{
    *removal = (struct removal){ 0 };
    while (arg < call->argc) {
        bool names_ids = removal->count == 0 && arg + 1 < call->argc && call_arg_is(call, arg, "ids");
        if (names_ids) {
            if (!read_ids(call, arg + 1, removal)) return false;
            arg = removal->first + removal->count;
        } else if (!removal->has_references &&
                   stream_references_read(call->argv[arg], &removal->references)) {
            removal->has_references = true;
            arg++;
        } else {
            return fail(call, SLICE(ERR_SYNTAX));
        }
    }
    return removal->count > 0 || fail(call, SLICE(ERR_SYNTAX));
}

static struct stream_id id_at(const struct call *call, int arg)
{
    struct stream_id id = STREAM_ID_MIN;
    stream_word_parse(call->argv[arg], 0, &id);
    return id;
}

static int64_t word_of(enum stream_removal removed)
{
    return removed == STREAM_REMOVED ? 1 : removed == STREAM_NEEDED ? 2 : -1;
}

static void xdelex(struct call *call)
{
    struct removal removal;
    struct collection stream;
    size_t gone = 0;
    if (!read_removal(call, 2, &removal) || !collection_edit(call, 1, &stream_type, &stream)) return;
    reply_array(call->reply, (size_t)removal.count);
    for (int i = 0; i < removal.count; i++) {
        enum stream_removal removed =
            stream_remove_with(stream.value, id_at(call, removal.first + i), removal.references);
        gone += removed == STREAM_REMOVED;
        reply_int(call->reply, word_of(removed));
    }
    collection_commit(call, &stream, gone > 0 ? EVENT_XDEL : EVENT_NONE);
}

/* What the group does not have pending is left alone. What is gone already, but was pending still, is done
 * with as well. */
static int64_t ack_and_remove(struct value *stream, struct stream_group *group, struct stream_id id,
                              enum stream_references references, size_t *gone)
{
    if (!stream_group_ack(group, id)) return -1;
    enum stream_removal removed = stream_remove_with(stream, id, references);
    *gone += removed == STREAM_REMOVED;
    return removed == STREAM_NEEDED ? 2 : 1;
}

static void xackdel(struct call *call)
{
    struct removal removal;
    struct collection stream;
    size_t gone = 0;
    if (!read_removal(call, 3, &removal) || !collection_edit(call, 1, &stream_type, &stream)) return;
    struct stream_group *group = stream_group_named(call, stream.value, 2);
    reply_array(call->reply, (size_t)removal.count);
    for (int i = 0; i < removal.count; i++) {
        struct stream_id id = id_at(call, removal.first + i);
        reply_int(call->reply,
                  group == NULL ? -1 : ack_and_remove(stream.value, group, id, removal.references, &gone));
    }
    collection_commit(call, &stream, gone > 0 ? EVENT_XDEL : EVENT_NONE);
}

#define REMOVAL                                                                                              \
    .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STREAM, .group = "stream", .tier = TIER_PASS,           \
    .since = "8.2.0", .cost = "O(log(N)) for each id and group, N being the length of the stream",           \
    .reply = "array of integers: 1 removed, 2 still needed, -1 not there"

const struct command stream_remove_commands[] = {
    { "xdelex", xdelex, .syntax = "key [" STREAM_REFERENCES_SYNTAX "] IDS numids id [id ...]",
      .keys = { KEY(1, KEY_RW | KEY_DELETE) }, REMOVAL,
      .summary = "Remove entries of a stream, with what groups refer to them by, or only if none does." },
    { "xackdel", xackdel, .syntax = "key group [" STREAM_REFERENCES_SYNTAX "] IDS numids id [id ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE | KEY_DELETE) }, REMOVAL,
      .summary = "Say that a group is done with entries, and remove them." },
    { 0 },
};
