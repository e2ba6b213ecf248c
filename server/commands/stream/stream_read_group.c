/*
 * XREADGROUP and XACK.
 */
#include <stddef.h>

#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_delivery.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_group_find.h"
#include "server/commands/stream/stream_reading.h"
#include "server/commands/stream/stream_words.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "storage/types/stream.h"

static bool is_word(const struct call *call, int arg, char word)
{
    return call->argv[arg].len == 1 && call->argv[arg].data[0] == word;
}

static bool check_id(struct call *call, int arg)
{
    struct stream_id id;
    if (is_word(call, arg, '>')) return true;
    if (!is_word(call, arg, '$')) return stream_word_id(call, arg, 0, &id);
    reply_error(call->reply, SLICE(ERR_STREAM_READ_LAST));
    return false;
}

static bool check_streams(struct call *call, const struct stream_reading *reading)
{
    for (int key = reading->first; key < reading->first + reading->keys; key++) {
        struct value stream;
        if (!collection_read(call, key, &stream_type, &stream)) return false;
        if (stream_group_named(call, &stream, reading->group) == NULL) {
            stream_group_refuse(call, ERR_GROUP_READ_FMT, key, reading->group);
            return false;
        }
        if (!check_id(call, key + reading->keys)) return false;
    }
    return true;
}

/* What the consumer is to be told of one stream, which is open. */
struct part {
    struct collection stream;
    struct stream_source source;
    bool is_new; /* the consumer */
};

static void begin(struct part *part, struct call *call, const struct stream_reading *reading,
                  struct stream_group *group)
{
    part->source.group = group;
    part->source.consumer = stream_consumer_see(call, group, reading->consumer, &part->is_new);
    part->source.no_ack = reading->no_ack;
}

static void end(struct part *part)
{
    struct call *call = part->source.call;
    collection_commit(call, &part->stream, part->is_new ? EVENT_XGROUP_CREATECONSUMER : EVENT_NONE);
}

/* Of one that was checked. The highest id that there can be is what Redis takes for > as well. */
static bool asks_for_new(const struct call *call, int id_arg, struct stream_id *id)
{
    if (!stream_word_parse(call->argv[id_arg], 0, id)) return true;
    return stream_id_compare(*id, STREAM_ID_MAX) == 0;
}

/* False: there is nothing new. */
static bool has_part(const struct call *call, const struct stream_reading *reading, int key,
                     const struct value *stream, const struct stream_group *group)
{
    struct stream_id id;
    return !asks_for_new(call, key + reading->keys, &id) || stream_has_behind(stream, group->delivered);
}

static void reply_part(struct part *part, int id_arg)
{
    struct stream_id from;
    if (asks_for_new(part->source.call, id_arg, &from))
        stream_reply_behind(&part->source, part->source.group->delivered);
    else
        stream_reply_history(&part->source, from);
}

static void read_one(struct call *call, const struct stream_reading *reading, int key,
                     struct stream_replies *replies)
{
    struct part part = { .is_new = false };
    if (!collection_edit(call, key, &stream_type, &part.stream)) return;
    part.source = (struct stream_source){ call, key, part.stream.value, .count = reading->count };
    struct stream_group *group = stream_group_named(call, part.stream.value, reading->group);
    begin(&part, call, reading, group);
    if (has_part(call, reading, key, part.stream.value, group)) {
        stream_replies_add(call, replies);
        reply_part(&part, key + reading->keys);
    }
    end(&part);
}

#define COUNT_AFTER_WAIT 1000

static bool take(struct call *call, int key)
{
    struct stream_reading reading;
    struct part part = { .is_new = false };
    stream_reading_read(call, true, &reading);
    if (!collection_edit(call, key, &stream_type, &part.stream)) return true;
    size_t count = reading.count > 0 ? reading.count : COUNT_AFTER_WAIT;
    part.source = (struct stream_source){ call, key, part.stream.value, .count = count };
    struct stream_group *group = stream_group_named(call, part.stream.value, reading.group);
    if (group != NULL) {
        begin(&part, call, &reading, group);
        stream_reply_only(call);
        stream_reply_behind(&part.source, group->delivered);
    } else {
        reply_error(call->reply, SLICE(ERR_GROUP_WAITED));
    }
    end(&part);
    return true;
}

static bool is_ready(struct call *call, int key)
{
    struct stream_reading reading;
    stream_reading_read(call, true, &reading);
    struct value stream = collection_of(call, key, call_peek(call, key));
    const struct stream_group *group = stream_group_named(call, &stream, reading.group);
    return group == NULL || stream_id_compare(stream_root_of(&stream)->last, group->delivered) > 0;
}

static void gone(struct call *call, int key)
{
    (void)key;
    reply_error(call->reply, SLICE(ERR_STREAM_GONE));
}

static const struct blocking_kind kind = {
    .type = &stream_type, .take = take, .refuse = reply_null_array, .is_ready = is_ready, .gone = gone
};

static void xreadgroup(struct call *call)
{
    struct stream_reading reading;
    struct stream_replies replies = { .count = 0 };
    if (!stream_reading_read(call, true, &reading) || !check_streams(call, &reading)) return;
    for (int i = 0; i < reading.keys; i++) read_one(call, &reading, reading.first + i, &replies);
    if (stream_replies_close(call, &replies)) return;
    struct blocking_request request = {
        .kind = &kind, .first = reading.first, .keys = reading.keys, .until_ms = reading.until_ms
    };
    if (reading.waits)
        blocking_wait(call, &request);
    else
        reply_null_array(call->reply);
}

static bool check_ids(struct call *call)
{
    struct stream_id id;
    for (int arg = 3; arg < call->argc; arg++)
        if (!stream_word_id(call, arg, 0, &id)) return false;
    return true;
}

static int64_t ack_all(const struct call *call, struct stream_group *group)
{
    int64_t count = 0;
    struct stream_id id;
    for (int arg = 3; arg < call->argc; arg++)
        if (stream_word_parse(call->argv[arg], 0, &id)) count += stream_group_ack(group, id);
    return count;
}

/* Nothing is acknowledged where one of the ids is none; without a group nobody looks at them. */
static void xack(struct call *call)
{
    struct collection stream;
    if (!collection_read_to_edit(call, 1, &stream_type, &stream)) return;
    struct stream_group *group = stream_group_named(call, stream.value, 2);
    if (group == NULL)
        reply_int(call->reply, 0);
    else if (check_ids(call))
        reply_int(call->reply, ack_all(call, group));
    collection_commit(call, &stream, EVENT_NONE);
}

const struct command stream_read_group_commands[] = {
    { "xreadgroup", xreadgroup,
      .syntax = "GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id "
                "[id ...]",
      .keys = { KEYS_OF_STREAMS(4, KEY_RO | KEY_ACCESS, .values = "COUNT+ BLOCK+ GROUP++") },
      .flags = CMD_WRITE | CMD_BLOCKING, .categories = ACL_STREAM, .group = "stream", .tier = TIER_PASS,
      .kind = KIND_MAY_BLOCK, .since = "5.0.0", .cost = "O(N), N being the number of entries in the reply",
      .reply = "map of keys to arrays of pairs: id, array of fields and values or null; or null",
      .summary = "The entries of some streams that a group has not read, or wait for one; or what its "
                 "consumer has not acknowledged." },
    { "xack", xack, .syntax = "key group id [id ...]", .keys = { KEY(1, KEY_RW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STREAM, .group = "stream", .tier = TIER_PASS,
      .since = "5.0.0", .cost = "O(log(N)) for each id, N being the number of entries that are pending",
      .reply = "integer", .summary = "Say that entries which a group was given are done with." },
    { 0 },
};
