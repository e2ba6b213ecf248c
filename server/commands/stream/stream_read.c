/*
 * XREAD.
 */
#include <stddef.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_delivery.h"
#include "server/commands/stream/stream_errors.h"
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
    if (is_word(call, arg, '$') || is_word(call, arg, '+')) return true;
    if (!is_word(call, arg, '>')) return stream_word_id(call, arg, 0, &id);
    reply_error(call->reply, SLICE(ERR_STREAM_READ_NEW));
    return false;
}

/* The id behind which somebody reads, of one that was checked: `$` is behind the last, `+` before it. */
static struct stream_id id_of(const struct call *call, int arg, const struct value *stream)
{
    struct stream_id id = STREAM_ID_MIN;
    if (is_word(call, arg, '$')) return stream->root != NULL ? stream_root_of(stream)->last : id;
    if (is_word(call, arg, '+')) {
        id = stream_last_there(stream);
        stream_id_back(&id);
        return id;
    }
    stream_word_parse(call->argv[arg], 0, &id);
    return id;
}

static bool check_streams(struct call *call, const struct stream_reading *reading)
{
    for (int key = reading->first; key < reading->first + reading->keys; key++) {
        struct value stream;
        if (!collection_read(call, key, &stream_type, &stream)) return false;
        if (!check_id(call, key + reading->keys)) return false;
    }
    return true;
}

/* Of one that was checked. */
static struct value look_at(struct call *call, int key)
{
    struct entry *entry = call_peek(call, key);
    return entry != NULL ? collection_of(call, key, entry) : (struct value){ .type = &stream_type };
}

/* False: no stream has anything. */
static bool read_all(struct call *call, const struct stream_reading *reading)
{
    struct stream_replies replies = { .count = 0 };
    for (int key = reading->first; key < reading->first + reading->keys; key++) {
        struct value stream = look_at(call, key);
        struct stream_id from = id_of(call, key + reading->keys, &stream);
        if (!stream_has_behind(&stream, from)) continue;
        stream_replies_add(call, &replies);
        struct stream_source source = { call, key, &stream, .count = reading->count };
        stream_reply_behind(&source, from);
    }
    return stream_replies_close(call, &replies);
}

/* Whoever has waited and asked for no number. */
#define COUNT_AFTER_WAIT 1000

static bool take(struct call *call, int key)
{
    struct stream_reading reading;
    struct value stream = look_at(call, key);
    stream_reading_read(call, false, &reading);
    size_t count = reading.count > 0 ? reading.count : COUNT_AFTER_WAIT;
    stream_reply_only(call);
    struct stream_source source = { call, key, &stream, .count = count };
    stream_reply_behind(&source, id_of(call, key + reading.keys, &stream));
    return true;
}

static bool is_ready(struct call *call, int key)
{
    struct stream_reading reading;
    struct value stream = look_at(call, key);
    stream_reading_read(call, false, &reading);
    struct stream_id from = id_of(call, key + reading.keys, &stream);
    return stream_id_compare(stream_root_of(&stream)->last, from) > 0;
}

static const struct blocking_kind kind = {
    .type = &stream_type, .take = take, .refuse = reply_null_array, .is_ready = is_ready
};

/* Who waits does so behind an id, which `$` and `+` are now. */
static void wait(struct call *call, const struct stream_reading *reading)
{
    size_t words = (size_t)call->argc * sizeof(struct slice);
    struct slice *argv = alloc_bytes(words);
    char(*texts)[STREAM_ID_TEXT_MAX] = alloc_bytes((size_t)reading->keys * sizeof(*texts));
    memcpy(argv, call->argv, words);
    for (int i = 0; i < reading->keys; i++) {
        int key = reading->first + i, arg = key + reading->keys;
        struct value stream = look_at(call, key);
        argv[arg] = stream_id_text(texts[i], id_of(call, arg, &stream));
    }
    struct call waiting = *call;
    waiting.argv = argv;
    struct blocking_request request = {
        .kind = &kind, .first = reading->first, .keys = reading->keys, .until_ms = reading->until_ms
    };
    blocking_wait(&waiting, &request);
    alloc_free(texts);
    alloc_free(argv);
}

static void xread(struct call *call)
{
    struct stream_reading reading;
    if (!stream_reading_read(call, false, &reading) || !check_streams(call, &reading)) return;
    if (read_all(call, &reading)) return;
    if (reading.waits)
        wait(call, &reading);
    else
        reply_null_array(call->reply);
}

const struct command stream_read_commands[] = {
    { "xread", xread, .syntax = "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
      .keys = { KEYS_OF_STREAMS(1, KEY_RO | KEY_ACCESS, .values = "COUNT+ BLOCK+") },
      .flags = CMD_READONLY | CMD_BLOCKING, .categories = ACL_STREAM, .group = "stream", .tier = TIER_PASS,
      .kind = KIND_MAY_BLOCK, .since = "5.0.0", .cost = "O(N), N being the number of entries in the reply",
      .reply = "map of keys to arrays of pairs: id, array of fields and values; or null",
      .summary = "The entries of some streams behind an id each, or wait for one." },
    { 0 },
};
