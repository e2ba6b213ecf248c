#include <stddef.h>
#include <stdint.h>

#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "server/observe/slowlog.h"

static void write_entry(void *context, const struct slowlog_entry *entry)
{
    struct reply *reply = context;
    reply_array(reply, 6);
    reply_int(reply, (int64_t)entry->id);
    reply_int(reply, entry->time_s);
    reply_int(reply, entry->duration_us);
    reply_array(reply, entry->argc);
    for (size_t i = 0; i < entry->argc; i++) reply_bulk(reply, entry->argv[i]);
    reply_bulk_cstr(reply, entry->peer);
    reply_bulk_cstr(reply, entry->client_name);
}

#define ENTRIES_SHOWN 10

static void get(struct call *call)
{
    int64_t count = ENTRIES_SHOWN;
    if (call->argc > 3) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    if (call->argc == 3 && !call_arg_int_or(call, 2, &count, SLICE(ERR_SLOWLOG_COUNT))) return;
    if (count < -1) {
        reply_error(call->reply, SLICE(ERR_SLOWLOG_COUNT));
        return;
    }
    struct reply_mark mark = reply_open(call->reply);
    size_t most = count == -1 ? SIZE_MAX : (size_t)count;
    size_t shown = slowlog_each(call->server->slowlog, most, write_entry, call->reply);
    reply_close_array(call->reply, mark, shown);
}

static void len(struct call *call)
{
    reply_int(call->reply, (int64_t)slowlog_len(call->server->slowlog));
}

static void reset(struct call *call)
{
    slowlog_reset(call->server->slowlog);
    reply_ok(call->reply);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "GET [<count>]",
        "    The latest <count> slow commands, the latest first (default: 10, -1: all).",
        "    Each is told by its number, when it ran, how many microseconds it took,",
        "    its arguments, and the address and name of the client.",
        "LEN",
        "    How many slow commands are remembered.",
        "RESET",
        "    Forget them.",
        NULL,
    };
    help_reply(call, lines);
}

#define SERVER .group = "server"
#define ADMIN  (CMD_ADMIN | CMD_LOADING | CMD_STALE)

static const struct command slowlog_subcommands[] = {
    { "reset", reset, .syntax = "", .flags = ADMIN, SERVER, .since = "2.2.12",
      .cost = "O(N) for N remembered commands", .reply = "OK", .summary = "Forget the slow commands.",
      .tips = "request_policy:all_nodes response_policy:all_succeeded" },
    { "get", get, .syntax = "[count]", .flags = ADMIN, SERVER, .since = "2.2.12",
      .cost = "O(N) for N commands told", .reply = "array", .summary = "The latest slow commands.",
      .tips = "request_policy:all_nodes nondeterministic_output" },
    { "len", len, .syntax = "", .flags = ADMIN, SERVER, .since = "2.2.12", .cost = "O(1)", .reply = "integer",
      .summary = "How many slow commands are remembered.",
      .tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output" },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, SERVER, .since = "6.2.0", .cost = "O(1)",
      .reply = "array", .summary = "Explain the subcommands." },
    { 0 },
};

const struct command slowlog_commands[] = {
    { "slowlog", .syntax = "", .group = "server", .tier = TIER_LOCAL, .since = "2.2.12",
      .cost = "Depends on the subcommand", .summary = "About the commands that took too long.",
      .subcommands = slowlog_subcommands },
    { 0 },
};
