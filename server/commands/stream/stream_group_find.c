#include "server/commands/stream/stream_group_find.h"

#include <string.h>

#include "server/commands/stream/stream_errors.h"
#include "server/exec/call.h"

struct stream_group *stream_group_named(const struct call *call, const struct value *stream, int name)
{
    const struct stream_root *root = stream_root_of(stream);
    return root != NULL ? stream_root_group(root, call->argv[name]) : NULL;
}

/* As Redis shows it, up to a zero byte. */
static int shown(struct slice text)
{
    return text.len > 0 ? (int)strnlen(text.data, text.len) : 0;
}

void stream_group_refuse(struct call *call, const char *format, int first, int second)
{
    struct slice a = call->argv[first], b = call->argv[second];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    reply_errorf(call->reply, format, shown(a), a.data, shown(b), b.data);
#pragma GCC diagnostic pop
}

struct stream_group *stream_group_edit(struct call *call, int key, int name, struct collection *stream)
{
    if (!collection_read_to_edit(call, key, &stream_type, stream)) return NULL;
    struct stream_group *group = stream_group_named(call, stream->value, name);
    if (group != NULL) return group;
    collection_commit(call, stream, EVENT_NONE);
    stream_group_refuse(call, ERR_GROUP_KEY_FMT, key, name);
    return NULL;
}

struct stream_consumer *stream_consumer_see(struct call *call, struct stream_group *group, int name,
                                            bool *is_new)
{
    struct stream_consumer *consumer = stream_group_find(group, call->argv[name]);
    *is_new = consumer == NULL;
    if (consumer == NULL) return stream_group_join(group, call->argv[name], call->now_ms);
    consumer->seen_ms = call->now_ms;
    return consumer;
}
