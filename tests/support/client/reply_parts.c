#include "tests/support/client/reply_parts.h"

#include "proto/base/slice.h"

bool reply_parts_init(struct reply_parts *parts, struct slice reply)
{
    struct reply_reader reader = { 0 };
    size_t consumed = 0;
    *parts = (struct reply_parts){ 0 };
    if (reply_reader_next(&reader, reply, &parts->head, &consumed) != READER_READY) return false;
    if (parts->head.type < REPLY_ARRAY) return false;
    parts->left = slice_of(reply.data + consumed, reply.len - consumed);
    parts->count = (size_t)parts->head.len * (parts->head.type == REPLY_MAP ? 2 : 1);
    return true;
}

bool reply_parts_next(struct reply_parts *parts, struct slice *part)
{
    struct reply_reader reader = { 0 };
    size_t len;
    if (parts->count == 0) return false;
    if (reply_reader_skip(&reader, parts->left, &len) != READER_READY) return false;
    *part = slice_of(parts->left.data, len);
    parts->left = slice_of(parts->left.data + len, parts->left.len - len);
    parts->count--;
    return true;
}

struct slice reply_part(struct slice reply, size_t index)
{
    struct reply_parts parts;
    struct slice part;
    reply_parts_init(&parts, reply);
    while (reply_parts_next(&parts, &part)) {
        if (index-- == 0) return part;
    }
    return slice_of("", 0);
}

struct slice reply_part_text(struct slice reply)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t consumed;
    if (reply_reader_next(&reader, reply, &element, &consumed) != READER_READY) return slice_of("", 0);
    return element.text;
}

struct slice reply_part_field(struct slice list, const char *name)
{
    struct reply_parts parts;
    struct slice key, value;
    reply_parts_init(&parts, list);
    while (reply_parts_next(&parts, &key) && reply_parts_next(&parts, &value))
        if (slice_equal(reply_part_text(key), slice_of_cstr(name))) return value;
    return slice_of("", 0);
}
