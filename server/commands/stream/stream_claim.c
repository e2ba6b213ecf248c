/*
 * XCLAIM and XAUTOCLAIM.
 */
#include <stddef.h>
#include <string.h>

#include "proto/base/alloc.h"
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

/* Who claims what, and how. */
struct claim {
    struct call *call;
    struct collection stream;
    struct stream_group *group;
    struct stream_consumer *consumer;
    bool is_new; /* the consumer */
    bool only_id;
    int64_t idle_ms; /* at least */
    size_t claimed;
};

struct claim_options {
    bool force;
    int64_t delivered_ms; /* -1: not given */
    int64_t deliveries;   /* negative: not given */
    struct stream_id last;
};

static bool fail(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_idle(struct claim *claim, struct slice error)
{
    if (!call_arg_int_or(claim->call, 4, &claim->idle_ms, error)) return false;
    if (claim->idle_ms < 0) claim->idle_ms = 0;
    return true;
}

/* Whether there is something to claim or not. */
static void see_consumer(struct claim *claim)
{
    claim->consumer = stream_consumer_see(claim->call, claim->group, 3, &claim->is_new);
}

static void end(struct claim *claim)
{
    collection_commit(claim->call, &claim->stream, claim->is_new ? EVENT_XGROUP_CREATECONSUMER : EVENT_NONE);
}

/* What is claimed, which is there. */
static void reply_claimed(struct claim *claim, struct stream_id id)
{
    struct stream_entry entry;
    claim->claimed++;
    if (claim->only_id) {
        stream_reply_id(claim->call->reply, id);
        return;
    }
    struct stream_walk walk = stream_walk(claim->stream.value, id);
    stream_next(&walk, &entry);
    stream_reply_entry(claim->call->reply, &entry);
}

static bool is_idle(const struct claim *claim, const struct pending_entry *entry)
{
    return claim->idle_ms == 0 || claim->call->now_ms - entry->delivered_ms >= claim->idle_ms;
}

static void take(struct claim *claim, struct pending_entry *entry)
{
    claim->consumer->active_ms = claim->call->now_ms;
    entry->consumer = claim->consumer->number;
    stream_group_deliver(claim->group, entry);
    reply_claimed(claim, entry->id);
}

static bool read_time(struct call *call, int arg, struct claim_options *options)
{
    if (call_arg_is(call, arg, "time"))
        return call_arg_int_or(call, arg + 1, &options->delivered_ms, SLICE(ERR_CLAIM_TIME));
    if (!call_arg_int_or(call, arg + 1, &options->delivered_ms, SLICE(ERR_CLAIM_IDLE_SET))) return false;
    options->delivered_ms = (int64_t)((uint64_t)call->now_ms - (uint64_t)options->delivered_ms);
    return true;
}

/* How many arguments it has; 0: an error was replied. */
static int read_option(struct claim *claim, int arg, struct claim_options *options)
{
    struct call *call = claim->call;
    bool has_value = arg + 1 < call->argc;
    if (call_arg_is(call, arg, "force")) return options->force = true;
    if (call_arg_is(call, arg, "justid")) return claim->only_id = true;
    if (has_value && (call_arg_is(call, arg, "idle") || call_arg_is(call, arg, "time")))
        return read_time(call, arg, options) ? 2 : 0;
    if (has_value && call_arg_is(call, arg, "retrycount"))
        return call_arg_int_or(call, arg + 1, &options->deliveries, SLICE(ERR_CLAIM_RETRIES)) ? 2 : 0;
    if (has_value && call_arg_is(call, arg, "lastid"))
        return stream_word_id(call, arg + 1, 0, &options->last) ? 2 : 0;
    struct slice word = call->argv[arg];
    reply_errorf(call->reply, ERR_CLAIM_OPTION_FMT, (int)strnlen(word.data, word.len), word.data);
    return 0;
}

/* Times of the future and from before time are now. */
static bool read_options(struct claim *claim, int arg, struct claim_options *options)
{
    *options = (struct claim_options){ .delivered_ms = -1, .deliveries = -1 };
    for (int words; arg < claim->call->argc; arg += words)
        if ((words = read_option(claim, arg, options)) == 0) return false;
    int64_t now_ms = claim->call->now_ms;
    if (options->delivered_ms < 0 || options->delivered_ms > now_ms) options->delivered_ms = now_ms;
    if (stream_id_compare(options->last, claim->group->delivered) > 0)
        claim->group->delivered = options->last;
    return true;
}

static void claim_one(struct claim *claim, struct stream_id id, const struct claim_options *options)
{
    struct pending_entry entry;
    bool is_pending = pending_find(&claim->group->pending, id, &entry);
    if (!stream_has(claim->stream.value, id)) {
        if (is_pending) stream_group_ack(claim->group, id);
        return;
    }
    if (is_pending ? !is_idle(claim, &entry) : !options->force) return;
    if (!is_pending) entry = (struct pending_entry){ .id = id, .deliveries = 1 };
    entry.delivered_ms = options->delivered_ms;
    if (options->deliveries >= 0)
        entry.deliveries = (uint64_t)options->deliveries;
    else if (!claim->only_id)
        entry.deliveries++;
    take(claim, &entry);
}

/* All that reads as an id is one; behind it are options. */
static int end_of_ids(const struct call *call)
{
    struct stream_id id;
    int arg = 5;
    while (arg < call->argc && stream_word_parse(call->argv[arg], 0, &id)) arg++;
    return arg;
}

static void claim_ids(struct claim *claim)
{
    struct claim_options options;
    struct call *call = claim->call;
    int behind = end_of_ids(call);
    if (!read_idle(claim, SLICE(ERR_CLAIM_IDLE)) || !read_options(claim, behind, &options)) return;
    see_consumer(claim);
    struct reply_mark mark = reply_open(call->reply);
    for (int arg = 5; arg < behind; arg++) {
        struct stream_id id;
        if (stream_word_parse(call->argv[arg], 0, &id)) claim_one(claim, id, &options);
    }
    reply_close_array(call->reply, mark, claim->claimed);
}

static void xclaim(struct call *call)
{
    struct claim claim = { .call = call };
    claim.group = stream_group_edit(call, 1, 2, &claim.stream);
    if (claim.group == NULL) return;
    claim_ids(&claim);
    end(&claim);
}

/* Entries that are looked at for each that is wanted. */
#define LOOKS_EACH 10
#define COUNT_MAX  (INT64_MAX / 16)

static bool read_auto(struct claim *claim, struct stream_id *start, int64_t *count)
{
    struct call *call = claim->call;
    *count = 100;
    if (!read_idle(claim, SLICE(ERR_AUTOCLAIM_IDLE)) || !stream_word_start(call, 5, start)) return false;
    for (int arg = 6; arg < call->argc; arg++) {
        if (arg + 1 < call->argc && call_arg_is(call, arg, "count")) {
            if (!call_arg_int_or(call, ++arg, count, SLICE(ERR_AUTOCLAIM_COUNT))) return false;
            if (*count < 1 || *count > COUNT_MAX) return fail(call, SLICE(ERR_AUTOCLAIM_COUNT));
        } else if (call_arg_is(call, arg, "justid")) {
            claim->only_id = true;
        } else {
            return fail(call, SLICE(ERR_SYNTAX));
        }
    }
    return true;
}

/* Ids of entries that are not there any more. */
struct missing {
    struct stream_id *ids;
    size_t len, room;
};

static void note_missing(struct missing *missing, struct stream_id id)
{
    if (missing->len == missing->room) {
        missing->room = missing->room > 0 ? 2 * missing->room : 16;
        missing->ids = alloc_resize(missing->ids, missing->room * sizeof(*missing->ids));
    }
    missing->ids[missing->len++] = id;
}

/* False: it was left to whom it was delivered to. */
static bool claim_next(struct claim *claim, struct pending_entry *entry, struct missing *missing)
{
    if (!stream_has(claim->stream.value, entry->id)) {
        stream_group_ack(claim->group, entry->id);
        note_missing(missing, entry->id);
        return true;
    }
    if (!is_idle(claim, entry)) return false;
    entry->delivered_ms = claim->call->now_ms;
    if (!claim->only_id) entry->deliveries++;
    take(claim, entry);
    return true;
}

/* Where the next call goes on; 0-0: it was the end. */
static struct stream_id claim_from(struct claim *claim, struct stream_id start, int64_t count,
                                   struct missing *missing)
{
    const struct pending *pending = &claim->group->pending;
    struct pending_entry entry;
    struct pending_walk walk = pending_walk(pending, start);
    for (int64_t looks = count * LOOKS_EACH; looks > 0 && count > 0 && pending_next(&walk, &entry); looks--) {
        size_t len = missing->len;
        if (claim_next(claim, &entry, missing)) count--;
        if (missing->len > len) walk = pending_walk(pending, entry.id);
    }
    return pending_next(&walk, &entry) ? entry.id : STREAM_ID_MIN;
}

static void reply_missing(struct reply *reply, const struct missing *missing)
{
    reply_array(reply, missing->len);
    for (size_t i = 0; i < missing->len; i++) stream_reply_id(reply, missing->ids[i]);
}

/* The cursor stands in front of what it is known after, so that is written apart. */
static void reply_auto(struct claim *claim, struct stream_id start, int64_t count)
{
    struct call *call = claim->call;
    struct reply *outer = call->reply;
    struct missing missing = { 0 };
    struct buffer claimed = { 0 };
    struct reply apart = { .out = &claimed, .protocol = outer->protocol };
    call->reply = &apart;
    struct stream_id next = claim_from(claim, start, count, &missing);
    call->reply = outer;
    reply_array(outer, 3);
    stream_reply_id(outer, next);
    reply_array(outer, claim->claimed);
    buffer_append(outer->out, claimed.data, claimed.len);
    reply_missing(outer, &missing);
    buffer_clear(&claimed);
    alloc_free(missing.ids);
}

static void xautoclaim(struct call *call)
{
    struct claim claim = { .call = call };
    struct stream_id start;
    int64_t count;
    if (!read_auto(&claim, &start, &count)) return;
    claim.group = stream_group_edit(call, 1, 2, &claim.stream);
    if (claim.group == NULL) return;
    see_consumer(&claim);
    reply_auto(&claim, start, count);
    end(&claim);
}

const struct command stream_claim_commands[] = {
    { "xclaim", xclaim,
      .syntax = "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] "
                "[RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STREAM,
      .group = "stream", .tier = TIER_PASS, .since = "5.0.0",
      .cost = "O(log(N)) for each id, N being the number of entries that are pending",
      .reply = "array of pairs: id, array of fields and values; with JUSTID array of ids",
      .summary = "Take over entries that were given to another consumer.",
      .tips = "nondeterministic_output" },
    { "xautoclaim", xautoclaim, .syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]",
      .keys = { KEY(1, KEY_RW | KEY_DELETE) }, .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STREAM,
      .group = "stream", .tier = TIER_PASS, .since = "6.2.0",
      .cost = "O(1) for each entry that is looked at, COUNT times ten at most",
      .reply = "array: id to go on with, what XCLAIM replies, ids that are there no more",
      .summary = "Take over the next entries that have been idle for some time.",
      .tips = "nondeterministic_output" },
    { 0 },
};
