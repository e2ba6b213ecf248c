#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/glob.h"
#include "proto/reply.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/commands/script/function_payload.h"
#include "server/commands/script/kill.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors_function.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/gates/pause.h"
#include "server/script/functions/functions.h"
#include "server/script/functions/library.h"
#include "server/script/functions/loading.h"
#include "server/script/shebang.h"
#include "server/script/watchdog.h"

static bool read_options(struct call *call, bool *replace)
{
    for (int arg = 2; arg < call->argc - 1; arg++) {
        if (!call_arg_is(call, arg, "replace")) {
            struct slice option = call->argv[arg];
            reply_errorf(call->reply, ERR_LOAD_OPTION_FMT, (int)option.len, option.data);
            return false;
        }
        *replace = true;
    }
    return true;
}

static void load(struct call *call)
{
    bool replace = false;
    struct buffer error = { 0 };
    struct functions *functions = call->server->functions;
    if (!read_options(call, &replace)) return;
    struct slice text = call->argv[call->argc - 1];
    const struct library *library = loading_run(functions, call, text, replace, &error);
    if (library != NULL)
        reply_bulk(call->reply, library_name(library));
    else
        reply_errorf(call->reply, "ERR %.*s", (int)error.len, error.data);
    buffer_clear(&error);
}

static void delete (struct call *call)
{
    struct functions *functions = call->server->functions;
    struct library *library = functions_find_library(functions, call->argv[2]);
    if (library == NULL) {
        reply_error(call->reply, SLICE(ERR_NO_LIBRARY));
        return;
    }
    functions_remove(functions, library);
    reply_ok(call->reply);
}

/* Both ways are the same here. */
static void flush(struct call *call)
{
    if (call->argc > 3) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    if (call->argc == 3 && !call_arg_is(call, 2, "sync") && !call_arg_is(call, 2, "async")) {
        reply_error(call->reply, SLICE(ERR_FUNCTION_FLUSH));
        return;
    }
    functions_flush(call->server->functions);
    reply_ok(call->reply);
}

static void kill(struct call *call)
{
    kill_running(call, WATCHED_FUNCTION);
}

static void reply_flags(struct reply *reply, uint32_t flags)
{
    reply_set(reply, (size_t)__builtin_popcount(flags));
    for (uint32_t flag = 1; flag <= flags; flag <<= 1)
        if (flags & flag) reply_status(reply, shebang_flag_name(flag));
}

static void reply_function(struct reply *reply, const struct function *function)
{
    reply_map(reply, 3);
    reply_bulk_cstr(reply, "name");
    reply_bulk(reply, function_name(function));
    reply_bulk_cstr(reply, "description");
    if (function->description.data != NULL)
        reply_bulk(reply, function->description);
    else
        reply_null(reply);
    reply_bulk_cstr(reply, "flags");
    reply_flags(reply, function->flags);
}

static void reply_library(struct reply *reply, const struct library *library, bool with_code)
{
    reply_map(reply, with_code ? 4 : 3);
    reply_bulk_cstr(reply, "library_name");
    reply_bulk(reply, library_name(library));
    reply_bulk_cstr(reply, "engine");
    reply_bulk_cstr(reply, "LUA");
    reply_bulk_cstr(reply, "functions");
    reply_array(reply, library->count);
    for (const struct function *at = library->functions; at != NULL; at = at->next) reply_function(reply, at);
    if (!with_code) return;
    reply_bulk_cstr(reply, "library_code");
    reply_bulk(reply, library_text(library));
}

struct selection {
    struct slice pattern; /* without data: all */
    bool with_code;
};

static bool read_selection(struct call *call, struct selection *selection)
{
    for (int arg = 2; arg < call->argc; arg++) {
        struct slice word = call->argv[arg];
        if (!selection->with_code && call_arg_is(call, arg, "withcode")) {
            selection->with_code = true;
        } else if (selection->pattern.data == NULL && call_arg_is(call, arg, "libraryname")) {
            if (++arg == call->argc) {
                reply_error(call->reply, SLICE(ERR_NO_LIBRARY_NAME));
                return false;
            }
            selection->pattern = call->argv[arg];
        } else {
            reply_errorf(call->reply, ERR_LIST_ARGUMENT_FMT, (int)word.len, word.data);
            return false;
        }
    }
    return true;
}

static void list(struct call *call)
{
    struct selection selection = { 0 };
    const struct functions *functions = call->server->functions;
    if (!read_selection(call, &selection)) return;
    size_t count = 0;
    struct reply_mark mark = reply_open(call->reply);
    for (struct library *at = NULL; (at = functions_next(functions, at)) != NULL;) {
        bool is_meant =
            selection.pattern.data == NULL || glob_match_nocase(selection.pattern, library_name(at));
        if (!is_meant) continue;
        reply_library(call->reply, at, selection.with_code);
        count++;
    }
    reply_close_array(call->reply, mark, count);
}

/* Of a script, as it is busy, only that is told. */
static void stats(struct call *call)
{
    const struct pause *pause = call->server->pause;
    if (pause_is_busy(pause) && !pause_is_of_function(pause)) {
        reply_error(call->reply, SLICE(ERR_BUSY));
        return;
    }
    struct functions_figures figures = functions_figures(call->server->functions);
    reply_map(call->reply, 2);
    reply_bulk_cstr(call->reply, "running_script");
    watchdog_tell(call->server->watchdog, call->reply, call->server->ns_per_tick);
    reply_bulk_cstr(call->reply, "engines");
    reply_map(call->reply, 1);
    reply_bulk_cstr(call->reply, "LUA");
    reply_map(call->reply, 2);
    reply_bulk_cstr(call->reply, "libraries_count");
    reply_int(call->reply, (int64_t)figures.libraries);
    reply_bulk_cstr(call->reply, "functions_count");
    reply_int(call->reply, (int64_t)figures.functions);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "DELETE <library-name>",
        "    Remove a library and its functions.",
        "DUMP",
        "    All libraries, in the bytes that RESTORE takes.",
        "FLUSH [ASYNC|SYNC]",
        "    Remove all libraries. Both ways return at once.",
        "KILL",
        "    End the function that runs, if it has written nothing.",
        "LIST [LIBRARYNAME <pattern>] [WITHCODE]",
        "    The libraries with their functions, and their text if it is asked for.",
        "LOAD [REPLACE] <code>",
        "    Add a library, or replace the one of its name.",
        "RESTORE <payload> [FLUSH|APPEND|REPLACE]",
        "    Add the libraries of a payload: instead of all that are there, beside them, which is usual,",
        "    or instead of those of the same name.",
        "STATS",
        "    The function that runs, and how many there are.",
        NULL,
    };
    help_reply(call, lines);
}

/* It needs no key, only the token. */
static uint64_t no_shards(const struct call *call)
{
    (void)call;
    return 0;
}

#define GROUP  .categories = ACL_SCRIPTING, .group = "scripting"
#define HOLDER .shards = no_shards
#define TO_ALL "request_policy:all_shards response_policy:all_succeeded"

static const struct command function_subcommands[] = {
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, GROUP, .since = "7.0.0", .cost = "O(1)",
      .reply = "array", .summary = "Explain the subcommands." },
    { "kill", kill, .syntax = "", .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY, GROUP, .kind = KIND_KILL,
      .since = "7.0.0", .cost = "O(1)", .reply = "OK",
      .summary = "End the function that runs, if it has written nothing.",
      .tips = "request_policy:all_shards response_policy:one_succeeded" },
    { "delete", delete, .syntax = "library-name", .flags = CMD_WRITE | CMD_NOSCRIPT | CMD_EXTENDS, GROUP,
      HOLDER, .since = "7.0.0", .cost = "O(N) for N functions of the library", .reply = "OK",
      .summary = "Remove a library and its functions.", .tips = TO_ALL },
    { "dump", function_dump, .syntax = "", .flags = CMD_NOSCRIPT | CMD_EXTENDS, GROUP, HOLDER,
      .since = "7.0.0", .cost = "O(N) for N bytes of the libraries", .reply = "bulk string",
      .summary = "All libraries in the bytes that FUNCTION RESTORE takes, here or in a Redis." },
    { "restore", function_restore, .syntax = "serialized-value [FLUSH | APPEND | REPLACE]",
      .flags = CMD_WRITE | CMD_GROWS | CMD_NOSCRIPT | CMD_EXTENDS, GROUP, HOLDER, .since = "7.0.0",
      .cost = "O(N) for N bytes of the payload", .reply = "OK", .summary = "Add the libraries of a payload.",
      .tips = TO_ALL },
    { "stats", stats, .syntax = "", .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY, GROUP, .since = "7.0.0",
      .cost = "O(1)", .reply = "map", .summary = "The function that runs, and how many there are.",
      .tips = "nondeterministic_output request_policy:all_shards response_policy:special" },
    { "load", load, .syntax = "[REPLACE] function-code",
      .flags = CMD_WRITE | CMD_GROWS | CMD_NOSCRIPT | CMD_EXTENDS, GROUP, HOLDER, .since = "7.0.0",
      .cost = "O(N) for N bytes of the library, and what it does when it is loaded",
      .reply = "bulk string: its name", .summary = "Add a library of functions.", .tips = TO_ALL },
    { "list", list, .syntax = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
      .flags = CMD_NOSCRIPT | CMD_EXTENDS, GROUP, HOLDER, .since = "7.0.0", .cost = "O(N) for N functions",
      .reply = "array of maps", .summary = "The libraries and their functions.",
      .tips = "nondeterministic_output_order" },
    { "flush", flush, .syntax = "[ASYNC | SYNC]", .flags = CMD_WRITE | CMD_NOSCRIPT | CMD_EXTENDS, GROUP,
      HOLDER, .since = "7.0.0", .cost = "O(N) for N functions", .reply = "OK",
      .summary = "Remove all libraries.", .tips = TO_ALL },
    { 0 },
};

const struct command function_commands[] = {
    { "function", .syntax = "", .group = "scripting", .tier = TIER_PASS, .since = "7.0.0",
      .cost = "Depends on the subcommand", .summary = "About the libraries of functions.",
      .subcommands = function_subcommands },
    { 0 },
};
