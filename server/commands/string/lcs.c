#include <stdint.h>
#include <string.h>

#include "proto/base/number.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/subsequence.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

struct lcs_options {
    bool length;        /* LEN */
    bool indexes;       /* IDX */
    bool match_lengths; /* WITHMATCHLEN */
    int64_t shortest;   /* MINMATCHLEN */
};

static bool read_option(struct lcs_options *options, struct call *call, int *arg)
{
    if (call_arg_is(call, *arg, "idx")) return options->indexes = true;
    if (call_arg_is(call, *arg, "len")) return options->length = true;
    if (call_arg_is(call, *arg, "withmatchlen")) return options->match_lengths = true;
    if (call_arg_is(call, *arg, "minmatchlen") && *arg + 1 < call->argc) {
        return call_arg_int(call, ++*arg, &options->shortest);
    }
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static bool read_options(struct lcs_options *options, struct call *call)
{
    for (int arg = 3; arg < call->argc; arg++) {
        if (!read_option(options, call, &arg)) return false;
    }
    if (options->indexes && options->length) {
        reply_error(call->reply, SLICE(ERR_LCS_LEN_AND_IDX));
        return false;
    }
    return true;
}

/* Held against a limit on the table of lengths as Redis would allocate it, so that what is refused there is
 * refused here. */
static bool within_limits(struct call *call, struct slice a, struct slice b)
{
    if (a.len >= UINT32_MAX - 1 || b.len >= UINT32_MAX - 1) {
        reply_error(call->reply, SLICE(ERR_LCS_TOO_LONG));
        return false;
    }
    uint64_t limit =
        (uint64_t)atomic_load_explicit(&call_settings(call)->proto_max_bulk_len, memory_order_relaxed);
    if (b.len + 1 > limit / sizeof(uint32_t) / (a.len + 1)) {
        reply_error(call->reply, SLICE(ERR_LCS_LIMIT));
        return false;
    }
    return true;
}

static void reply_range(struct reply *reply, size_t first, size_t len)
{
    reply_array(reply, 2);
    reply_int(reply, (int64_t)first);
    reply_int(reply, (int64_t)(first + len - 1));
}

static void reply_indexes(struct reply *reply, const struct subsequence *found,
                          const struct lcs_options *options)
{
    reply_map(reply, 2);
    reply_bulk_cstr(reply, "matches");
    struct reply_mark mark = reply_open(reply);
    size_t matches = 0;
    for (size_t i = 0; i < found->run_count; i++) {
        const struct subsequence_run *run = &found->runs[i];
        if ((int64_t)run->len < options->shortest) continue;

        matches++;
        reply_array(reply, options->match_lengths ? 3 : 2);
        reply_range(reply, run->in_a, run->len);
        reply_range(reply, run->in_b, run->len);
        if (options->match_lengths) reply_int(reply, (int64_t)run->len);
    }
    reply_close_array(reply, mark, matches);
    reply_bulk_cstr(reply, "len");
    reply_int(reply, (int64_t)found->len);
}

static void reply_text(struct reply *reply, const struct subsequence *found, struct slice a)
{
    char *end = reply_bulk_space(reply, found->len) + found->len;
    for (size_t i = 0; i < found->run_count; i++) {
        const struct subsequence_run *run = &found->runs[i];
        end -= run->len;
        memcpy(end, a.data + run->in_a, run->len);
    }
}

static void compare(struct call *call, struct slice a, struct slice b, const struct lcs_options *options)
{
    struct subsequence found;
    if (!subsequence_init(&found, a, b)) {
        reply_error(call->reply, SLICE(ERR_LCS_MEMORY));
        return;
    }
    if (options->indexes) {
        reply_indexes(call->reply, &found, options);
    } else if (options->length) {
        reply_int(call->reply, (int64_t)found.len);
    } else {
        reply_text(call->reply, &found, a);
    }
    subsequence_clear(&found);
}

static bool is_string_or_absent(const struct entry *entry)
{
    return entry == NULL || entry_type(entry) == ENTRY_STRING;
}

static struct slice text_or_empty(const struct entry *entry, char *scratch)
{
    return entry == NULL ? SLICE("") : entry_text(entry, scratch);
}

static void lcs(struct call *call)
{
    const struct entry *first = call_find(call, 1);
    const struct entry *second = call_find(call, 2);
    /* Looking for the second may have removed an expired key, after which the first is looked up again. */
    first = call_peek(call, 1);
    if (!is_string_or_absent(first) || !is_string_or_absent(second)) {
        reply_error(call->reply, SLICE(ERR_LCS_WRONG_TYPE));
        return;
    }
    struct lcs_options options = { 0 };
    if (!read_options(&options, call)) return;

    char scratch_a[NUMBER_I64_MAX];
    char scratch_b[NUMBER_I64_MAX];
    struct slice a = text_or_empty(first, scratch_a);
    struct slice b = text_or_empty(second, scratch_b);
    if (within_limits(call, a, b)) compare(call, a, b, &options);
}

const struct command lcs_commands[] = {
    { "lcs", lcs, .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]",
      .keys = { KEYS(1, 2, 1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_STRING,
      .group = "string", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "7.0.0",
      .cost = "O(N*M), N and M being the lengths of the strings",
      .reply = "bulk string; with LEN an integer; with IDX a map",
      .summary = "The longest common subsequence of two strings." },
    { 0 },
};
