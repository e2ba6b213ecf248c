#include "server/commands/stream/stream_delivery.h"

#include <stdint.h>

#include "server/commands/stream/stream_progress.h"
#include "server/commands/stream/stream_words.h"
#include "server/exec/call.h"

static struct reply_mark open_stream(const struct stream_source *source)
{
    struct call *call = source->call;
    if (call->reply->protocol == 2) reply_array(call->reply, 2);
    reply_bulk(call->reply, call->argv[source->key]);
    return reply_open(call->reply);
}

static size_t most_of(const struct stream_source *source)
{
    return source->count > 0 ? source->count : SIZE_MAX;
}

static void deliver(const struct stream_source *source, struct stream_id id)
{
    stream_progress_advance(source->stream, source->group, id);
    if (source->no_ack) return;
    source->consumer->active_ms = source->call->now_ms;
    struct pending_entry entry = { id, source->call->now_ms, 1, source->consumer->number };
    stream_group_deliver(source->group, &entry);
}

static struct stream_walk walk_behind(const struct stream_source *source, struct stream_id id)
{
    static const struct stream_bookmark nowhere;
    const struct stream_bookmark *bookmark = source->group != NULL ? &source->group->bookmark : &nowhere;
    return stream_walk_on(source->stream, bookmark, id);
}

void stream_reply_behind(const struct stream_source *source, struct stream_id from)
{
    struct call *call = source->call;
    struct reply_mark mark = open_stream(source);
    struct stream_entry entry;
    struct stream_id last = from;
    size_t count = 0, most = most_of(source);
    struct stream_walk walk = walk_behind(source, from);
    for (; count < most && stream_next(&walk, &entry); count++) {
        if (source->group != NULL) deliver(source, entry.id);
        stream_reply_entry(call->reply, &entry);
        last = entry.id;
    }
    if (source->group != NULL && count > 0) stream_walk_remember(&walk, last, &source->group->bookmark);
    reply_close_array(call->reply, mark, count);
}

/* False: it has been removed meanwhile, and only its id was replied. */
static bool reply_pending(struct call *call, const struct value *stream, struct stream_id id)
{
    struct stream_walk walk = stream_walk(stream, id);
    struct stream_entry entry;
    if (stream_next(&walk, &entry) && stream_id_compare(entry.id, id) == 0) {
        stream_reply_entry(call->reply, &entry);
        return true;
    }
    reply_array(call->reply, 2);
    stream_reply_id(call->reply, id);
    reply_null_array(call->reply);
    return false;
}

/* The walk goes on behind a change: what is there already changes in its place. */
void stream_reply_history(const struct stream_source *source, struct stream_id from)
{
    struct call *call = source->call;
    struct reply_mark mark = open_stream(source);
    struct pending_entry entry;
    size_t count = 0, most = stream_id_next(&from) ? most_of(source) : 0;
    if (most > source->consumer->pending) most = source->consumer->pending;
    struct pending_walk walk = pending_walk(&source->group->pending, from);
    while (count < most && pending_next(&walk, &entry)) {
        if (entry.consumer != source->consumer->number) continue;
        count++;
        if (!reply_pending(call, source->stream, entry.id)) continue;
        entry.delivered_ms = call->now_ms;
        entry.deliveries++;
        stream_group_deliver(source->group, &entry);
    }
    reply_close_array(call->reply, mark, count);
}

void stream_replies_add(struct call *call, struct stream_replies *replies)
{
    if (replies->count++ == 0) replies->mark = reply_open(call->reply);
}

bool stream_replies_close(struct call *call, struct stream_replies *replies)
{
    if (replies->count == 0) return false;
    if (call->reply->protocol == 2)
        reply_close_array(call->reply, replies->mark, replies->count);
    else
        reply_close_map(call->reply, replies->mark, replies->count);
    return true;
}

void stream_reply_only(struct call *call)
{
    if (call->reply->protocol == 2)
        reply_array(call->reply, 1);
    else
        reply_map(call->reply, 1);
}

bool stream_has_behind(const struct value *stream, struct stream_id id)
{
    return value_len(stream) > 0 && stream_id_compare(stream_last_there(stream), id) > 0;
}
