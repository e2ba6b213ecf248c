#include <stddef.h>

#include "proto/reply.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/commands/script/kill.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors_script.h"
#include "server/script/engines.h"
#include "server/script/repertoire.h"

static void load(struct call *call)
{
    const struct piece *piece = repertoire_of_text(engines_get(call->loop), call->argv[2], call->reply);
    if (piece == NULL) return;
    texts_keep(call->server->texts, piece->script);
    reply_bulk_cstr(call->reply, piece->script->name);
}

static void exists(struct call *call)
{
    reply_array(call->reply, (size_t)(call->argc - 2));
    for (int i = 2; i < call->argc; i++) {
        struct sha1 sha1;
        bool known = sha1_read(call->argv[i], &sha1) && texts_know(call->server->texts, &sha1);
        reply_int(call->reply, known);
    }
}

static void show(struct call *call)
{
    struct sha1 sha1;
    struct script *script = sha1_read(call->argv[2], &sha1) ? texts_find(call->server->texts, &sha1) : NULL;
    if (script == NULL) {
        reply_error(call->reply, SLICE(ERR_SCRIPT_UNSHOWN));
        return;
    }
    reply_bulk(call->reply, slice_of(script->text, script->len));
    texts_release(&script);
}

/* Both ways are the same here: each loop drops what it has compiled when it meets it. */
static void flush(struct call *call)
{
    bool is_way = call->argc == 2 ||
                  (call->argc == 3 && (call_arg_is(call, 2, "sync") || call_arg_is(call, 2, "async")));
    if (!is_way) {
        reply_error(call->reply, SLICE(ERR_SCRIPT_FLUSH));
        return;
    }
    texts_flush(call->server->texts);
    reply_ok(call->reply);
}

static void kill(struct call *call)
{
    kill_running(call, 0);
}

/* Who asks for the debugger would wait for what it says. */
static void debug(struct call *call)
{
    if (call_arg_is(call, 2, "no"))
        reply_ok(call->reply);
    else if (call_arg_is(call, 2, "yes") || call_arg_is(call, 2, "sync"))
        reply_error(call->reply, SLICE(ERR_SCRIPT_NO_DEBUGGER));
    else
        reply_error(call->reply, SLICE(ERR_SCRIPT_DEBUG));
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "DEBUG (YES|SYNC|NO)",
        "    There is no debugger: NO is OK, all else an error.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Tell which of these scripts are known.",
        "FLUSH [ASYNC|SYNC]",
        "    Forget all scripts. Both ways return at once.",
        "KILL",
        "    End the script that runs, if it has written nothing.",
        "LOAD <script>",
        "    Remember a script without running it.",
        "SHOW <sha1>",
        "    Tell the text of a script.",
        NULL,
    };
    help_reply(call, lines);
}

#define GROUP .categories = ACL_SCRIPTING, .group = "scripting"

static const struct command script_subcommands[] = {
    { "kill", kill, .syntax = "", .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY, GROUP, .kind = KIND_KILL,
      .since = "2.6.0", .cost = "O(1)", .reply = "OK",
      .summary = "End the script that runs, if it has written nothing.",
      .tips = "request_policy:all_shards response_policy:one_succeeded" },
    { "load", load, .syntax = "script", .flags = CMD_NOSCRIPT | CMD_STALE, GROUP, .since = "2.6.0",
      .cost = "O(N) for N bytes of the script", .reply = "bulk string: its digest",
      .summary = "Remember a script without running it.",
      .tips = "request_policy:all_nodes response_policy:all_succeeded" },
    { "exists", exists, .syntax = "sha1 [sha1 ...]", .flags = CMD_NOSCRIPT, GROUP, .since = "2.6.0",
      .cost = "O(N) for N digests", .reply = "array of 1 and 0", .summary = "Which scripts are known.",
      .tips = "request_policy:all_shards response_policy:agg_logical_and" },
    { "debug", debug, .syntax = "<YES | SYNC | NO>", .flags = CMD_NOSCRIPT, GROUP, .kind = KIND_FORBIDDEN,
      .since = "3.2.0", .cost = "O(1)", .reply = "OK",
      .summary = "There is no debugger: NO is OK, all else an error." },
    { "flush", flush, .syntax = "[ASYNC | SYNC]", .flags = CMD_NOSCRIPT, GROUP, .since = "2.6.0",
      .cost = "O(N) for N scripts", .reply = "OK", .summary = "Forget all scripts.",
      .tips = "request_policy:all_nodes response_policy:all_succeeded" },
    { "show", show, .syntax = "sha1", .flags = CMD_NOSCRIPT | CMD_STALE, GROUP, .since = "8.0.0",
      .origin = "Valkey", .cost = "O(N) for N bytes of the script", .reply = "bulk string: its text",
      .summary = "The text of a script that is known." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, GROUP, .since = "5.0.0", .cost = "O(1)",
      .reply = "array", .summary = "Explain the subcommands." },
    { 0 },
};

const struct command script_commands[] = {
    { "script", .syntax = "", .group = "scripting", .tier = TIER_PASS, .since = "2.6.0",
      .cost = "Depends on the subcommand", .summary = "About the scripts that the server knows.",
      .subcommands = script_subcommands },
    { 0 },
};
