#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/key/scan_cursor.h"
#include "server/commands/key/scan_options.h"
#include "server/commands/key/scan_page.h"
#include "server/commands/key/type_name.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/shard/shard.h"

static bool is_wanted(const void *context, const struct entry *entry)
{
    const struct scan_options *options = context;
    if (!scan_options_match(options, entry_key(entry))) return false;
    return options->type.data == NULL ||
           slice_equal_nocase(options->type, slice_of_cstr(type_name(entry_type(entry))));
}

static void scan(struct call *call)
{
    uint64_t cursor;
    if (!scan_cursor_parse(call->argv[1], &cursor)) {
        reply_error(call->reply, SLICE(ERR_INVALID_CURSOR));
        return;
    }
    struct scan_options options = { 0 };
    if (!scan_options_read(&options, call, 2, SCAN_WORD_TYPE)) return;
    const struct scan_page page = {
        .count = options.count, .step = shard_scan, .wants = is_wanted, .context = &options
    };
    scan_page_reply(&page, call, cursor);
}

const struct command scan_commands[] = {
    { "scan", scan, .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
      .flags = CMD_READONLY | CMD_STEPS, .categories = ACL_KEYSPACE, .group = "generic",
      .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.8.0",
      .cost = "O(1) for a call with the default COUNT, O(N) for all N keys",
      .reply = "array of a cursor and an array of bulk strings",
      .summary = "Some of the keys, and a cursor for the next call; 0 begins and ends.",
      .tips = "nondeterministic_output request_policy:special" },
    { 0 },
};
