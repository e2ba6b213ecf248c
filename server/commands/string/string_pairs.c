#include <stdint.h>

#include "proto/base/number.h"
#include "server/commands/catalog/families.h"
#include "server/commands/string/string_condition.h"
#include "server/commands/string/string_options.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

#define PAIRS_AT 2

/* False: replied. `end` is the argument behind the last value. */
static bool read_pairs(struct call *call, int *end)
{
    int64_t count;
    if (!number_parse_i64(call->argv[1], &count) || count < 1 || count > INT32_MAX) {
        reply_error(call->reply, SLICE(ERR_PAIRS_NUMBER));
        return false;
    }
    if (count > (call->argc - PAIRS_AT) / 2) {
        reply_error(call->reply, SLICE(ERR_PAIRS));
        return false;
    }
    *end = PAIRS_AT + 2 * (int)count;
    return true;
}

static bool all_hold(struct call *call, enum string_condition condition, int end)
{
    for (int arg = PAIRS_AT; condition != STRING_ALWAYS && arg < end; arg += 2)
        if (!string_condition_holds(condition, SLICE(""), call_edit(call, arg))) return false;
    return true;
}

static void put(struct call *call, int arg, const struct string_options *options, int64_t deadline_ms)
{
    struct entry *old = call_edit(call, arg);
    if (options->keep_ttl) deadline_ms = call_deadline_ms(call, arg, old);
    call_put_string(call, arg, old, call->argv[arg + 1], deadline_ms);
    call_changed(call, arg, EVENT_SET);
    if (options->time_arg != 0) call_changed(call, arg, EVENT_EXPIRE);
}

static void msetex(struct call *call)
{
    struct string_options options;
    int64_t deadline_ms = ENTRY_NO_DEADLINE;
    int end;
    if (!read_pairs(call, &end) || !string_options_read_msetex(&options, call, end)) return;
    if (options.time_arg != 0 && !deadline_read_positive(call, options.time_arg, options.unit, &deadline_ms))
        return;

    bool holds = all_hold(call, options.condition, end);
    for (int arg = PAIRS_AT; holds && arg < end; arg += 2) put(call, arg, &options, deadline_ms);
    reply_int(call->reply, holds);
}

const struct command string_pairs_commands[] = {
    { "msetex", msetex,
      .syntax = "numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | "
                "EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
      .keys = { PAIRS_COUNTED(1, KEY_OW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS,
      .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE, .since = "8.4.0",
      .cost = "O(N), N being the number of keys", .reply = "integer: 1, or 0 when NX or XX forbade it",
      .summary = "Store several strings at once that live for the same time.",
      .tips = "request_policy:multi_shard response_policy:all_succeeded" },
    { 0 },
};
