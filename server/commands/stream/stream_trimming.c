#include "server/commands/stream/stream_trimming.h"

#include <stddef.h>

#include "proto/base/slice.h"
#include "server/commands/stream/stream_errors.h"
#include "server/commands/stream/stream_words.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

/* Entries that whole blocks may have which one command drops, unless it says how many. */
enum { LIMIT_BLOCKS = 100, LIMIT_UNLIMITED_BLOCKS = 10000, LIMIT_MOST = 1000000 };

static int refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return -1;
}

static bool is_word(const struct call *call, int arg, char word)
{
    return call->argv[arg].len == 1 && call->argv[arg].data[0] == word;
}

static bool read_threshold(struct call *call, int arg, struct stream_trim *trim)
{
    int64_t len;
    if (trim->by_id) return stream_word_id(call, arg, 0, &trim->min_id);
    if (!call_arg_int(call, arg, &len)) return false;
    if (len < 0) return refuse(call, SLICE(ERR_STREAM_MAXLEN)) > 0;
    trim->max_len = (size_t)len;
    return true;
}

static int read_strategy(struct call *call, int arg, bool by_id, struct stream_trimming *trimming)
{
    struct stream_trim *trim = &trimming->trim;
    int at = arg + 1;
    if (trimming->is_asked) return refuse(call, SLICE(ERR_STREAM_STRATEGIES));
    trimming->is_asked = true;
    trim->by_id = by_id;
    bool has_sign = arg + 2 < call->argc && (is_word(call, at, '~') || is_word(call, at, '='));
    if (has_sign) trim->whole_blocks = is_word(call, at++, '~');
    return read_threshold(call, at, trim) ? at + 1 - arg : -1;
}

static int read_limit(struct call *call, int arg, struct stream_trimming *trimming)
{
    if (!call_arg_int(call, arg + 1, &trimming->limit)) return -1;
    if (trimming->limit < 0) return refuse(call, SLICE(ERR_STREAM_LIMIT));
    trimming->has_limit = true;
    return 2;
}

bool stream_references_read(struct slice word, enum stream_references *references)
{
    static const char *const words[] = {
        [STREAM_REFERENCES_KEPT] = "keepref",
        [STREAM_REFERENCES_DROPPED] = "delref",
        [STREAM_REFERENCES_HEEDED] = "acked",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!slice_equal_nocase(word, slice_of_cstr(words[i]))) continue;
        *references = (enum stream_references)i;
        return true;
    }
    return false;
}

int stream_trimming_read(struct call *call, int arg, struct stream_trimming *trimming)
{
    if (stream_references_read(call->argv[arg], &trimming->references)) {
        if (trimming->has_references) return refuse(call, SLICE(ERR_SYNTAX));
        trimming->has_references = true;
        return 1;
    }
    if (arg + 1 >= call->argc) return 0;
    if (call_arg_is(call, arg, "maxlen")) return read_strategy(call, arg, false, trimming);
    if (call_arg_is(call, arg, "minid")) return read_strategy(call, arg, true, trimming);
    return call_arg_is(call, arg, "limit") ? read_limit(call, arg, trimming) : 0;
}

static size_t usual_limit(const struct call *call)
{
    int64_t entries = SETTING(call_settings(call), stream_node_max_entries);
    if (entries == 0) return LIMIT_UNLIMITED_BLOCKS;
    return entries < LIMIT_MOST / LIMIT_BLOCKS ? (size_t)(LIMIT_BLOCKS * entries) : LIMIT_MOST;
}

bool stream_trimming_settle(struct call *call, struct stream_trimming *trimming)
{
    struct stream_trim *trim = &trimming->trim;
    if (trimming->limit != 0 && !trimming->is_asked) return refuse(call, SLICE(ERR_STREAM_LIMIT_ALONE)) > 0;
    if (trimming->has_limit && !trim->whole_blocks) return refuse(call, SLICE(ERR_STREAM_LIMIT_EXACT)) > 0;
    if (trim->whole_blocks) trim->limit = trimming->has_limit ? (size_t)trimming->limit : usual_limit(call);
    return true;
}
