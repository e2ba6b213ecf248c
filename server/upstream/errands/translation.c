#include "server/upstream/errands/translation.h"

#include <string.h>

#include "proto/reply_reader.h"

#define TOO_DEEP "-ERR The upstream's reply is nested too deeply to be translated\r\n"

static void append_null(struct buffer *out, const struct reply_element *null, int to)
{
    if (to == 3)
        buffer_append(out, "_\r\n", 3);
    else if (null->integer == '*')
        buffer_append(out, "*-1\r\n", 5);
    else
        buffer_append(out, "$-1\r\n", 5);
}

static __attribute__((noinline)) void translate(struct buffer *out, struct slice reply, int to)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t at = 0, len, start = out->len;
    while (reply_reader_next(&reader, slice_of(reply.data + at, reply.len - at), &element, &len) ==
           READER_READY) {
        if (element.type == REPLY_NULL)
            append_null(out, &element, to);
        else
            buffer_append(out, reply.data + at, len);
        at += len;
        if (reply_reader_at_end(&reader)) return;
    }
    out->len = start;
    buffer_append(out, TOO_DEEP, strlen(TOO_DEEP));
}

static bool is_plain(struct slice reply)
{
    char first = reply.data[0];
    return first == '+' || first == '-' || first == ':' || (first == '$' && reply.data[1] != '-');
}

bool translation_changes(struct slice reply, int from, int to)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    size_t at = 0, len;
    if (from == to || is_plain(reply)) return false;
    while (reply_reader_next(&reader, slice_of(reply.data + at, reply.len - at), &element, &len) ==
           READER_READY) {
        if (element.type == REPLY_NULL) return true;
        at += len;
        if (reply_reader_at_end(&reader)) return false;
    }
    return true;
}

void translation_append(struct buffer *out, struct slice reply, int from, int to)
{
    if (from == to || is_plain(reply))
        buffer_append(out, reply.data, reply.len);
    else
        translate(out, reply, to);
}
