#include "tests/differential/crowd/invalidations.h"

#include <stdlib.h>
#include <string.h>

#include "proto/reply_reader.h"
#include "tests/support/client/reply_parts.h"

#define KEYS_MAX 256

/* Keys that nothing stands between, each as its raw bytes. */
struct keys {
    struct slice head; /* of each frame that names them: what stands before */
    struct slice items[KEYS_MAX];
    size_t len;
    struct buffer others; /* what names none: it comes at once, or with the end of a turn */
};

static bool is_text(struct slice frame, size_t part, struct slice text)
{
    return slice_equal(reply_part_text(reply_part(frame, part)), text);
}

bool invalidation_is(struct slice frame)
{
    if (frame.data[0] == '>')
        return is_text(frame, 0, SLICE("invalidate")) || is_text(frame, 0, SLICE("tracking-redir-broken"));
    return frame.data[0] == '*' && is_text(frame, 0, SLICE("message")) &&
           is_text(frame, 1, SLICE("__redis__:invalidate"));
}

static struct slice keys_of(struct slice frame)
{
    return reply_part(frame, frame.data[0] == '>' ? 1 : 2);
}

static int compare(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static void write_collected(struct buffer *out, struct keys *keys)
{
    qsort(keys->items, keys->len, sizeof *keys->items, compare);
    for (size_t i = 0; i < keys->len; i++) {
        if (i > 0 && slice_equal(keys->items[i - 1], keys->items[i])) continue;
        buffer_append(out, keys->head.data, keys->head.len);
        buffer_append(out, "*1\r\n", 4);
        buffer_append(out, keys->items[i].data, keys->items[i].len);
    }
    keys->len = 0;
}

static void collect(struct buffer *out, struct keys *keys, struct slice frame)
{
    struct reply_parts parts;
    struct slice key, named = keys_of(frame);
    struct slice head = slice_of(frame.data, (size_t)(named.data - frame.data));
    bool some = named.data[0] == '*' && reply_parts_init(&parts, named);
    if (some && !slice_equal(keys->head, head)) write_collected(out, keys);
    if (some) keys->head = head;
    if (!some) {
        buffer_append(&keys->others, frame.data, frame.len);
        return;
    }
    while (reply_parts_next(&parts, &key)) {
        if (keys->len == KEYS_MAX) write_collected(out, keys);
        keys->items[keys->len++] = key;
    }
}

void invalidations_write_keys(struct buffer *out, struct slice frames)
{
    struct keys keys = { .len = 0 };
    size_t len;
    while (frames.len > 0) {
        struct reply_reader reader = { 0 };
        if (reply_reader_skip(&reader, frames, &len) != READER_READY) break;
        collect(out, &keys, slice_of(frames.data, len));
        frames = slice_of(frames.data + len, frames.len - len);
    }
    write_collected(out, &keys);
    buffer_append(out, keys.others.data, keys.others.len);
    buffer_clear(&keys.others);
}
