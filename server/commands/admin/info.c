#include <stddef.h>

#include "proto/base/buffer.h"
#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/report/info.h"

static bool is_asked_for(const struct call *call, const struct info_section *section)
{
    if (call->argc == 1) return section->by_default;
    for (int i = 1; i < call->argc; i++) {
        if (call_arg_is(call, i, section->name)) return true;
        if (call_arg_is(call, i, "all") || call_arg_is(call, i, "everything")) return true;
        if (call_arg_is(call, i, "default") && section->by_default) return true;
    }
    return false;
}

static void info(struct call *call)
{
    struct buffer text = { 0 };
    for (const struct info_section *section = info_sections; section->name != NULL; section++) {
        if (!is_asked_for(call, section)) continue;
        buffer_printf(&text, "%s# %s\r\n", text.len > 0 ? "\r\n" : "", section->heading);
        section->write(call->server, &text);
    }
    reply_verbatim(call->reply, "txt", buffer_slice(&text));
    buffer_clear(&text);
}

const struct command info_commands[] = {
    { "info", info, .syntax = "[section [section ...]]", .flags = CMD_APART | CMD_LOADING | CMD_STALE,
      .categories = ACL_DANGEROUS, .group = "server", .tier = TIER_LOCAL, .since = "1.0.0", .cost = "O(1)",
      .reply = "bulk string", .summary = "What the server is, has and has done.",
      .tips = "nondeterministic_output request_policy:all_shards response_policy:special" },
    { 0 },
};
