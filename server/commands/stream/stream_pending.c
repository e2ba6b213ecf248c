/*
 * XPENDING.
 */
#include <stddef.h>

#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_group_find.h"
#include "server/commands/stream/stream_words.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/stream.h"

struct question {
    struct stream_id start, end;
    int64_t count;
    int64_t idle_ms; /* at least */
    int consumer;    /* argument; 0: any */
};

static bool fail(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_question(struct call *call, struct question *question)
{
    int at = 3;
    if (call->argc < 6 || call->argc > 9) return fail(call, SLICE(ERR_SYNTAX));
    if (call_arg_is(call, 3, "idle")) {
        if (!call_arg_int(call, 4, &question->idle_ms)) return false;
        if (call->argc < 8) return fail(call, SLICE(ERR_SYNTAX));
        at = 5;
    }
    if (!call_arg_int(call, at + 2, &question->count)) return false;
    if (!stream_word_start(call, at, &question->start) || !stream_word_end(call, at + 1, &question->end))
        return false;
    question->consumer = at + 3 < call->argc ? at + 3 : 0;
    return true;
}

/* The first and the last, and how many each has who has any. */
static void reply_summary(struct call *call, const struct stream_group *group)
{
    struct pending_entry first = { .deliveries = 0 }, last = first;
    struct pending_walk walk = pending_walk(&group->pending, STREAM_ID_MIN);
    reply_array(call->reply, 4);
    reply_int(call->reply, (int64_t)pending_len(&group->pending));
    if (!pending_next(&walk, &first) || !pending_last(&group->pending, &last)) {
        reply_null(call->reply);
        reply_null(call->reply);
        reply_null_array(call->reply);
        return;
    }
    stream_reply_id(call->reply, first.id);
    stream_reply_id(call->reply, last.id);
    struct reply_mark mark = reply_open(call->reply);
    size_t count = 0;
    for (size_t i = 0; i < group->consumer_count; i++) {
        const struct stream_consumer *consumer = group->consumers[i];
        if (consumer->pending == 0) continue;
        reply_array(call->reply, 2);
        reply_bulk(call->reply, consumer->name);
        reply_bulk_int(call->reply, (int64_t)consumer->pending);
        count++;
    }
    reply_close_array(call->reply, mark, count);
}

static int64_t idle_ms(const struct call *call, const struct pending_entry *entry)
{
    int64_t idle = call->now_ms - entry->delivered_ms;
    return idle > 0 ? idle : 0;
}

static void reply_entry(struct call *call, const struct stream_group *group,
                        const struct pending_entry *entry)
{
    reply_array(call->reply, 4);
    stream_reply_id(call->reply, entry->id);
    reply_bulk(call->reply, stream_group_numbered(group, entry->consumer)->name);
    reply_int(call->reply, idle_ms(call, entry));
    reply_int(call->reply, (int64_t)entry->deliveries);
}

/* `consumer` is NULL for any. */
static void reply_range(struct call *call, const struct stream_group *group,
                        const struct stream_consumer *consumer, const struct question *question)
{
    struct pending_entry entry;
    struct pending_walk walk = pending_walk(&group->pending, question->start);
    struct reply_mark mark = reply_open(call->reply);
    int64_t count = 0, most = question->count;
    if (consumer != NULL && most > (int64_t)consumer->pending) most = (int64_t)consumer->pending;
    while (count < most && pending_next(&walk, &entry) && stream_id_compare(entry.id, question->end) <= 0) {
        if (consumer != NULL && entry.consumer != consumer->number) continue;
        if (question->idle_ms != 0 && call->now_ms - entry.delivered_ms < question->idle_ms) continue;
        reply_entry(call, group, &entry);
        count++;
    }
    reply_close_array(call->reply, mark, count > 0 ? (size_t)count : 0);
}

static void reply_question(struct call *call, const struct stream_group *group,
                           const struct question *question)
{
    const struct stream_consumer *consumer = NULL;
    if (question->consumer != 0) consumer = stream_group_find(group, call->argv[question->consumer]);
    if (question->consumer != 0 && consumer == NULL)
        reply_array(call->reply, 0);
    else
        reply_range(call, group, consumer, question);
}

static void xpending(struct call *call)
{
    struct question question = { .count = 0 };
    struct value stream;
    if (call->argc != 3 && !read_question(call, &question)) return;
    if (!collection_read(call, 1, &stream_type, &stream)) return;
    const struct stream_group *group = stream_group_named(call, &stream, 2);
    if (group == NULL)
        stream_group_refuse(call, ERR_GROUP_KEY_FMT, 1, 2);
    else if (call->argc == 3)
        reply_summary(call, group);
    else
        reply_question(call, group, &question);
}

const struct command stream_pending_commands[] = {
    { "xpending", xpending, .syntax = "key group [[IDLE min-idle-time] start end count [consumer]]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_STREAM,
      .group = "stream", .tier = TIER_PASS, .since = "5.0.0",
      .cost = "O(N), N being the number of entries looked at, or of consumers",
      .reply = "array of number, first and last id, pairs of consumer and number; or of id, consumer, "
               "milliseconds and deliveries",
      .summary = "What a group was given and has not acknowledged.", .tips = "nondeterministic_output" },
    { 0 },
};
