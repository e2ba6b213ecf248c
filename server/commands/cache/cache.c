/*
 * CACHE: values with a soft deadline, and who computes them.
 */
#include "server/commands/cache/cache.h"

#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"

static void help(struct call *call)
{
    static const char *const lines[] = {
        "GET <key> [LEASE <milliseconds> | PEEK] [WAIT <milliseconds>] [FRESH] [VERSION <version>] [META]",
        "    The value with its state, and a token for the one who is to compute it.",
        "RELEASE <key> <token> [RETRY <milliseconds> | PASS <milliseconds> | RENEW <milliseconds>]",
        "    End a lease without a value.",
        NULL,
    };
    help_reply(call, lines);
}

#define CACHE .group = "cache", .tier = TIER_PASS, .since = "7.2.4"

static const struct command cache_subcommands[] = {
    { "get", cache_get,
      .syntax = "key [LEASE milliseconds | PEEK] [WAIT milliseconds] [FRESH] [VERSION version] [META]",
      .keys = { KEY(2, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY | CMD_BLOCKING, CACHE,
      .cost = "O(1), and O(N) for N tags of the value",
      .reply = "array of the state, the value or null, a token or null, and with META a map",
      .summary = "Get a value with its state, or a lease to compute it." },
    { "release", cache_release,
      .syntax = "key token [RETRY milliseconds | PASS milliseconds | RENEW milliseconds]",
      .keys = { KEY(2, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST, CACHE, .kind = KIND_BLOCK,
      .cost = "O(1)", .reply = "integer: 1, or 0 if the token is no longer good",
      .summary = "End a lease without a value." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, .group = "cache", .tier = TIER_LOCAL,
      .since = "7.2.4", .cost = "O(1)", .reply = "array", .summary = "Explain the subcommands." },
    { 0 },
};

const struct command cache_commands[] = {
    { "cache", .syntax = "", CACHE, .cost = "Depends on the subcommand",
      .summary = "Values with a soft deadline, and who computes them.", .subcommands = cache_subcommands },
    { 0 },
};
