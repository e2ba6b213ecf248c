/*
 * MODULE of a server that can load none: the list is empty, and loading is forbidden, or fails where it is
 * not.
 */
#include "proto/base/slice.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_absent.h"
#include "server/exec/gates/permission.h"
#include "server/observe/log.h"

static void list(struct call *call)
{
    reply_array(call->reply, 0);
}

/* False: replied. */
static bool is_allowed(struct call *call)
{
    struct slice refusal = permission_refusal(call, SLICE("module"));
    if (refusal.len > 0) reply_error(call->reply, refusal);
    return refusal.len == 0;
}

static void load(struct call *call)
{
    if (!is_allowed(call)) return;
    log_write(LOG_LEVEL_WARNING, "Module not loaded: this server has no modules");
    reply_error(call->reply, SLICE(ERR_MODULE_LOAD));
}

static void unload(struct call *call)
{
    if (is_allowed(call)) reply_error(call->reply, SLICE(ERR_MODULE_UNLOAD));
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "LIST",
        "    The modules that are loaded: none.",
        "LOAD <path> [<arg> ...]",
        "    Load a module. This server has none.",
        "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
        "    The same, with settings.",
        "UNLOAD <name>",
        "    Unload a module.",
        NULL,
    };
    help_reply(call, lines);
}

#define CHANGE (CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING)

static const struct command module_subcommands[] = {
    { "list", list, .syntax = "", .flags = CMD_ADMIN | CMD_NOSCRIPT, .group = "server", .since = "4.0.0",
      .cost = "O(1)", .reply = "an empty array", .summary = "The modules that are loaded: none.",
      .tips = "nondeterministic_output_order" },
    { "load", load, .syntax = "path [arg [arg ...]]", .flags = CHANGE, .group = "server", .since = "4.0.0",
      .cost = "O(1)", .reply = "an error", .summary = "Load a module, which this server cannot." },
    { "loadex", load, .syntax = "path [CONFIG name value [CONFIG name value ...]] [ARGS arg [arg ...]]",
      .flags = CHANGE, .group = "server", .since = "7.0.0", .cost = "O(1)", .reply = "an error",
      .summary = "Load a module, which this server cannot." },
    { "unload", unload, .syntax = "name", .flags = CHANGE, .group = "server", .since = "4.0.0",
      .cost = "O(1)", .reply = "an error", .summary = "Unload a module, of which there is none." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, .group = "server", .since = "5.0.0",
      .cost = "O(1)", .reply = "array", .summary = "Explain the subcommands." },
    { 0 },
};

const struct command module_commands[] = {
    { "module", .syntax = "", .group = "server", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "4.0.0",
      .cost = "Depends on the subcommand", .summary = "About modules, of which there are none.",
      .subcommands = module_subcommands },
    { 0 },
};
