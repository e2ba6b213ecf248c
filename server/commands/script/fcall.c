#include <stddef.h>

#include "proto/base/number.h"
#include "proto/reply.h"
#include "server/commands/catalog/families.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_function.h"
#include "server/exec/errors/errors_script.h"
#include "server/script/functions/functions.h"
#include "server/script/functions/library.h"
#include "server/script/play.h"
#include "server/script/texts.h"

#define FIRST_KEY 3

static bool read_numkeys(struct call *call, int *keys)
{
    int64_t count;
    if (!call_arg_int_or(call, FIRST_KEY - 1, &count, SLICE(ERR_FUNCTION_NUMKEYS))) return false;
    if (count > call->argc - FIRST_KEY) {
        reply_error(call->reply, SLICE(ERR_NUMKEYS_EXCESS));
        return false;
    }
    if (count < 0) {
        reply_error(call->reply, SLICE(ERR_SCRIPT_NUMKEYS));
        return false;
    }
    *keys = (int)count;
    return true;
}

static void run(struct call *call, uint32_t demands)
{
    int keys;
    play_announce(call);
    struct functions *functions = call->server->functions;
    const struct function *function = functions_find(functions, call->argv[1]);
    if (function == NULL) {
        reply_error(call->reply, SLICE(ERR_NO_FUNCTION));
        return;
    }
    if (!read_numkeys(call, &keys)) return;
    play_run(functions_engine(functions, call->loop), &(struct play){ .call = call,
                                                                      .name = function->name,
                                                                      .function = function->callback,
                                                                      .of_library = true,
                                                                      .says = function->flags,
                                                                      .flags = demands,
                                                                      .first_key = FIRST_KEY,
                                                                      .keys = keys });
}

static void fcall(struct call *call)
{
    run(call, 0);
}

static void fcall_ro(struct call *call)
{
    run(call, SCRIPT_NO_WRITES);
}

#define INVOCATION (CMD_NOSCRIPT | CMD_STALE | CMD_SKIP_MONITOR | CMD_NO_MANDATORY_KEYS | CMD_EXTENDS)
#define GROUP      .categories = ACL_SCRIPTING, .group = "scripting", .tier = TIER_PASS
#define SYNTAX     "function numkeys [key [key ...]] [arg [arg ...]]"
#define COST       "that of the function"
#define REPLY      "what the function returns"
#define WRITE_NOTE "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
#define READ_NOTE  "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"

const struct command fcall_commands[] = {
    { "fcall", fcall, .syntax = SYNTAX,
      .keys = { KEYS_COUNTED(2, KEY_RW | KEY_ACCESS | KEY_UPDATE, .note = WRITE_NOTE) },
      .flags = INVOCATION | CMD_MAY_REPLICATE, GROUP, .since = "7.0.0", .cost = COST, .reply = REPLY,
      .summary = "Run a function of a library that was loaded." },
    { "fcall_ro", fcall_ro, .syntax = SYNTAX,
      .keys = { KEYS_COUNTED(2, KEY_RO | KEY_ACCESS, .note = READ_NOTE) }, .flags = INVOCATION | CMD_READONLY,
      GROUP, .since = "7.0.0", .cost = COST, .reply = REPLY,
      .summary = "Run a function that changes nothing." },
    { 0 },
};
