#include "tests/differential/crowd/arrangement.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/number.h"
#include "proto/reply_reader.h"
#include "tests/differential/crowd/invalidations.h"
#include "tests/support/client/reply_parts.h"

#define FRAMES_MAX 64

/* Frames side by side whose order is chance. */
struct run {
    struct slice frames[FRAMES_MAX];
    size_t len;
};

static bool take_frame(struct slice *from, struct slice *frame)
{
    struct reply_reader reader = { 0 };
    size_t len;
    if (reply_reader_skip(&reader, *from, &len) != READER_READY) return false;
    *frame = slice_of(from->data, len);
    *from = slice_of(from->data + len, from->len - len);
    return true;
}

static struct slice kind_of(struct slice frame)
{
    return reply_part_text(reply_part(frame, 0));
}

/* What follows the pattern: channel and message. */
static struct slice message_of(struct slice frame)
{
    struct slice channel = reply_part(frame, 2);
    return slice_of(channel.data, (size_t)(frame.data + frame.len - channel.data));
}

static bool is_pattern_message(struct slice frame)
{
    return slice_equal(kind_of(frame), SLICE("pmessage"));
}

static bool is_leave(struct slice frame)
{
    struct slice kind = kind_of(frame);
    return kind.len >= 11 && memcmp(kind.data + kind.len - 11, "unsubscribe", 11) == 0;
}

static bool belongs(const struct run *run, struct slice frame)
{
    struct slice first = run->frames[0];
    if (run->len == FRAMES_MAX || !slice_equal(kind_of(first), kind_of(frame))) return false;
    if (is_pattern_message(frame)) return slice_equal(message_of(first), message_of(frame));
    return is_leave(frame);
}

static int compare(const void *a, const void *b)
{
    const struct slice *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* The channels in order; how many are left stays in its place. */
static void write_leaves(struct buffer *out, const struct run *run)
{
    struct slice channels[FRAMES_MAX];
    for (size_t i = 0; i < run->len; i++) channels[i] = reply_part(run->frames[i], 1);
    qsort(channels, run->len, sizeof *channels, compare);
    for (size_t i = 0; i < run->len; i++) {
        struct slice frame = run->frames[i], channel = reply_part(frame, 1);
        const char *behind = channel.data + channel.len;
        buffer_append(out, frame.data, (size_t)(channel.data - frame.data));
        buffer_append(out, channels[i].data, channels[i].len);
        buffer_append(out, behind, (size_t)(frame.data + frame.len - behind));
    }
}

static void write_run(struct buffer *out, struct run *run)
{
    if (run->len > 1 && is_leave(run->frames[0])) {
        write_leaves(out, run);
    } else {
        qsort(run->frames, run->len, sizeof *run->frames, compare);
        for (size_t i = 0; i < run->len; i++) buffer_append(out, run->frames[i].data, run->frames[i].len);
    }
    run->len = 0;
}

/* Of the keyspace. */
static bool is_notification(struct slice frame)
{
    if (frame.data[0] != '>' && frame.data[0] != '*') return false;
    struct slice kind = kind_of(frame);
    if (!slice_equal(kind, SLICE("message")) && !slice_equal(kind, SLICE("pmessage"))) return false;
    struct slice name = reply_part_text(reply_part(frame, is_pattern_message(frame) ? 2 : 1));
    return name.len > 5 && memcmp(name.data, "__key", 5) == 0;
}

/* What was heard, sorted by what it is. */
struct parted {
    struct buffer *replies; /* and all the rest */
    struct buffer invalidations;
    struct buffer notifications;
};

/* False: it is a reply. */
static bool put_aside(struct parted *parted, struct slice frame)
{
    bool invalidates = invalidation_is(frame);
    if (!invalidates && !is_notification(frame)) return false;
    buffer_append(invalidates ? &parted->invalidations : &parted->notifications, frame.data, frame.len);
    return true;
}

/* The frame at the start of `from`, but for what was told among its elements. False, and nothing
 * is written: it is no array, or no whole one. */
static bool take_apart(struct slice *from, struct parted *parted)
{
    const char *end = memchr(from->data, '\n', from->len);
    if (from->data[0] != '*' || end == NULL) return false;
    struct parted before = *parted;
    size_t out_before = parted->replies->len;
    int64_t count;
    if (!number_parse_i64(slice_of(from->data + 1, (size_t)(end - from->data) - 2), &count)) return false;
    struct slice left = slice_of(end + 1, from->len - (size_t)(end + 1 - from->data)), part;
    buffer_append(parted->replies, from->data, (size_t)(end + 1 - from->data));
    while (count > 0 && take_frame(&left, &part)) {
        if (put_aside(parted, part)) continue;
        buffer_append(parted->replies, part.data, part.len);
        count--;
    }
    if (count <= 0) {
        *from = left;
        return true;
    }
    parted->replies->len = out_before;
    parted->invalidations.len = before.invalidations.len;
    parted->notifications.len = before.notifications.len;
    return false;
}

static void part(struct parted *parted, struct slice heard)
{
    struct slice frame;
    while (heard.len > 0) {
        struct slice behind = heard;
        bool whole = take_frame(&behind, &frame);
        if (whole && put_aside(parted, frame)) {
            heard = behind;
        } else if (!take_apart(&heard, parted)) {
            if (!whole) break;
            buffer_append(parted->replies, frame.data, frame.len);
            heard = behind;
        }
    }
    buffer_append(parted->replies, heard.data, heard.len);
}

static void put_news_last(struct buffer *out, struct slice heard, bool by_prefix)
{
    struct parted parted = { .replies = out };
    part(&parted, heard);
    if (by_prefix)
        invalidations_write_keys(out, buffer_slice(&parted.invalidations));
    else
        buffer_append(out, parted.invalidations.data, parted.invalidations.len);
    buffer_append(out, parted.notifications.data, parted.notifications.len);
    buffer_clear(&parted.invalidations);
    buffer_clear(&parted.notifications);
}

static void arrange_runs(struct buffer *out, struct slice heard)
{
    struct run run = { 0 };
    struct slice frame;
    while (take_frame(&heard, &frame)) {
        if (run.len > 0 && !belongs(&run, frame)) write_run(out, &run);
        run.frames[run.len++] = frame;
    }
    write_run(out, &run);
    buffer_append(out, heard.data, heard.len);
}

void arrange(struct buffer *out, struct slice heard, bool by_prefix)
{
    struct buffer news_last = { 0 };
    put_news_last(&news_last, heard, by_prefix);
    arrange_runs(out, buffer_slice(&news_last));
    buffer_clear(&news_last);
}
