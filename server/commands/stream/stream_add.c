/*
 * XADD and XTRIM.
 */
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_trimming.h"
#include "server/commands/stream/stream_words.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "storage/types/stream.h"

struct addition {
    struct stream_trimming trimming;
    bool only_there; /* NOMKSTREAM */
    bool has_id, has_seq;
    struct stream_id id;
    int first; /* argument: the first field */
};

static bool fail(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_id(struct call *call, int arg, struct addition *addition)
{
    addition->first = arg + 1;
    if (slice_equal(call->argv[arg], SLICE("*"))) return true;
    addition->has_id = true;
    return stream_word_partial_id(call, arg, &addition->id, &addition->has_seq);
}

/* Whatever is no option is the id, behind which the fields begin. */
static bool read_options(struct call *call, struct addition *addition)
{
    int arg = 2;
    while (arg < call->argc) {
        int words = slice_equal(call->argv[arg], SLICE("*"))
                        ? 0
                        : stream_trimming_read(call, arg, &addition->trimming);
        if (words < 0) return false;
        bool only_there = words == 0 && call_arg_is(call, arg, "nomkstream");
        if (words == 0 && !only_there) break;
        addition->only_there = addition->only_there || only_there;
        arg += only_there ? 1 : words;
    }
    addition->first = arg + 1;
    if (arg < call->argc && !read_id(call, arg, addition)) return false;
    return stream_trimming_settle(call, &addition->trimming);
}

static bool check_words(struct call *call, const struct addition *addition)
{
    int words = call->argc - addition->first;
    if (words < 2 || words % 2 != 0) {
        reply_errorf(call->reply, ERR_ARITY_FMT, call->command->full_name);
        return false;
    }
    bool is_zero = stream_id_compare(addition->id, STREAM_ID_MIN) == 0;
    if (addition->has_id && addition->has_seq && is_zero) return fail(call, SLICE(ERR_STREAM_ZERO_ID));
    return true;
}

/* The id that is drawn, or what is left open of one. False: there is none. */
static bool draw_id(const struct call *call, struct stream_id last, struct addition *addition)
{
    if (!addition->has_id) {
        addition->id = (struct stream_id){ (uint64_t)call->now_ms, 0 };
        if (addition->id.ms > last.ms) return true;
        addition->id = last;
        return stream_id_next(&addition->id);
    }
    if (!addition->has_seq && addition->id.ms == last.ms) {
        if (last.seq == UINT64_MAX) return false;
        addition->id.seq = last.seq + 1;
    }
    return stream_id_compare(addition->id, last) > 0;
}

static size_t words_bytes(const struct call *call, int first)
{
    size_t bytes = 0;
    for (int arg = first; arg < call->argc; arg++) bytes += call->argv[arg].len;
    return bytes;
}

/* False: replied, nothing was added. */
static bool add(struct call *call, struct value *stream, struct addition *addition)
{
    struct stream_root *root = stream_open(stream);
    if (stream_id_compare(root->last, STREAM_ID_MAX) == 0) return fail(call, SLICE(ERR_STREAM_EXHAUSTED));
    if (!draw_id(call, root->last, addition)) return fail(call, SLICE(ERR_STREAM_SMALL_ID));
    if (words_bytes(call, addition->first) > STREAM_WORDS_MAX) return fail(call, SLICE(ERR_STREAM_TOO_LARGE));
    struct stream_new entry = { .id = addition->id,
                                .words = call->argv + addition->first,
                                .pairs = (size_t)(call->argc - addition->first) / 2 };
    stream_add(stream, &entry);
    stream_reply_id(call->reply, addition->id);
    return true;
}

static bool trim(struct value *stream, const struct stream_trimming *trimming)
{
    return trimming->is_asked && stream_trim_with(stream, &trimming->trim, trimming->references) > 0;
}

static void xadd(struct call *call)
{
    struct addition addition = { .has_seq = true };
    struct collection stream;
    if (!read_options(call, &addition) || !check_words(call, &addition)) return;
    if (!collection_edit(call, 1, &stream_type, &stream)) return;
    if (addition.only_there && stream_root_of(stream.value) == NULL) {
        collection_commit(call, &stream, EVENT_NONE);
        reply_null(call->reply);
        return;
    }
    bool added = add(call, stream.value, &addition);
    bool trimmed = added && trim(stream.value, &addition.trimming);
    collection_commit(call, &stream, added ? EVENT_XADD : EVENT_NONE);
    if (trimmed) call_changed(call, 1, EVENT_XTRIM);
}

static bool read_trimming(struct call *call, struct stream_trimming *trimming)
{
    for (int arg = 2; arg < call->argc;) {
        int words = stream_trimming_read(call, arg, trimming);
        if (words == 0) return fail(call, SLICE(ERR_SYNTAX));
        if (words < 0) return false;
        arg += words;
    }
    if (trimming->limit == 0 && !trimming->is_asked) return fail(call, SLICE(ERR_STREAM_NO_STRATEGY));
    return stream_trimming_settle(call, trimming);
}

static void xtrim(struct call *call)
{
    struct stream_trimming trimming = { 0 };
    struct collection stream;
    if (!read_trimming(call, &trimming) || !collection_edit(call, 1, &stream_type, &stream)) return;
    size_t removed = stream_trim_with(stream.value, &trimming.trim, trimming.references);
    collection_commit(call, &stream, removed > 0 ? EVENT_XTRIM : EVENT_NONE);
    reply_int(call->reply, (int64_t)removed);
}

#define TRIM_SYNTAX "<MAXLEN | MINID> [= | ~] threshold [LIMIT count]"

const struct command stream_add_commands[] = {
    { "xadd", xadd,
      .syntax = "key [NOMKSTREAM] [" STREAM_REFERENCES_SYNTAX "] [" TRIM_SYNTAX
                "] <* | id> field value [field value ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE,
                    .note = "UPDATE instead of INSERT because of the optional trimming feature") },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STREAM, .group = "stream",
      .tier = TIER_PASS, .since = "5.0.0",
      .cost = "O(1), and O(N) where it trims, N being the number of entries removed",
      .reply = "bulk string: the id; null with NOMKSTREAM", .summary = "Put an entry behind a stream.",
      .tips = "nondeterministic_output" },
    { "xtrim", xtrim, .syntax = "key <" TRIM_SYNTAX "> [" STREAM_REFERENCES_SYNTAX "]",
      .keys = { KEY(1, KEY_RW | KEY_DELETE) }, .flags = CMD_WRITE, .categories = ACL_STREAM,
      .group = "stream", .tier = TIER_PASS, .since = "5.0.0",
      .cost = "O(N), N being the number of blocks removed, with some 100 entries each", .reply = "integer",
      .summary = "Remove the oldest entries of a stream, by their number or by an id.",
      .tips = "nondeterministic_output" },
    { 0 },
};
