#include "server/upstream/channel/tracking_info.h"

#include <string.h>

#include "proto/base/number.h"
#include "proto/reply_reader.h"

/* The flags stand in an aggregate of their own behind the key "flags". */
bool tracking_info_is_on(struct slice reply)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t at = 0, len;
    int64_t flags = 0;
    bool named = false;
    while (reply_reader_next(&reader, slice_of(reply.data + at, reply.len - at), &element, &len) ==
           READER_READY) {
        at += len;
        bool off =
            slice_equal(element.text, SLICE("off")) || slice_equal(element.text, SLICE("broken_redirect"));
        if (flags-- > 0 && off) return false;
        if (named) flags = element.len;
        named = slice_equal(element.text, SLICE("flags"));
        if (reply_reader_at_end(&reader)) break;
    }
    return true;
}

/* What stands behind `name` up to the first of `ends` or of a zero, or an empty slice. */
static struct slice field_of(struct slice info, const char *name, const char *ends)
{
    const char *found = memmem(info.data, info.len, name, strlen(name));
    if (found == NULL) return SLICE("");
    const char *start = found + strlen(name);
    const char *end = start;
    while (end < info.data + info.len && strchr(ends, *end) == NULL) end++;
    return slice_of(start, (size_t)(end - start));
}

int64_t tracking_info_databases(struct slice reply)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t at = 0, len;
    int64_t databases = -1;
    while (reply_reader_next(&reader, slice_of(reply.data + at, reply.len - at), &element, &len) ==
           READER_READY) {
        at += len;
        if (element.type == REPLY_BULK) number_parse_i64(element.text, &databases);
        if (reply_reader_at_end(&reader)) break;
    }
    return databases;
}

static void copy_field(struct slice reply, const char *name, char *text, size_t size)
{
    slice_to_cstr(field_of(reply, name, "\r"), text, size);
}

void tracking_info_version(struct slice reply, char *version, size_t size)
{
    copy_field(reply, "redis_version:", version, size);
}

void tracking_info_run_id(struct slice reply, char *run_id, size_t size)
{
    copy_field(reply, "run_id:", run_id, size);
}

bool tracking_info_is_ours(struct slice reply)
{
    return field_of(reply, "nuthatch_version:", "\r").len > 0;
}

void tracking_info_upstreams(struct slice reply, char *run_ids, size_t size)
{
    copy_field(reply, "nuthatch_upstreams:", run_ids, size);
}

static bool role_is(struct slice reply, struct slice role)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t len;
    if (reply_reader_next(&reader, reply, &element, &len) != READER_READY) return false;
    if (element.type != REPLY_ARRAY) return false;
    struct slice rest = slice_of(reply.data + len, reply.len - len);
    return reply_reader_next(&reader, rest, &element, &len) == READER_READY &&
           slice_equal(element.text, role);
}

bool tracking_info_is_replica(struct slice reply)
{
    return role_is(reply, SLICE("slave"));
}

bool tracking_info_is_master(struct slice reply)
{
    return role_is(reply, SLICE("master"));
}

int64_t tracking_info_client_id(struct slice reply)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t len;
    bool read = reply_reader_next(&reader, reply, &element, &len) == READER_READY;
    return read && element.type == REPLY_INT ? element.integer : -1;
}
