#include <stddef.h>

#include "proto/reply.h"
#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_script.h"
#include "server/script/engines.h"
#include "server/script/play.h"
#include "server/script/repertoire.h"

#define FIRST_KEY 3

static bool read_numkeys(struct call *call, int *keys)
{
    int64_t count;
    if (!call_arg_int(call, FIRST_KEY - 1, &count)) return false;
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

typedef const struct piece *find_piece(struct engine *engine, struct slice name, struct reply *reply);

static void run(struct call *call, find_piece *find, uint32_t demands)
{
    int keys;
    play_announce(call);
    if (!read_numkeys(call, &keys)) return;
    struct engine *engine = engines_get(call->loop);
    const struct piece *piece = find(engine, call->argv[1], call->reply);
    if (piece == NULL) return;
    play_run(engine, &(struct play){ .call = call,
                                     .name = piece->script->name,
                                     .function = piece->function,
                                     .says = piece->script->flags,
                                     .flags = demands,
                                     .first_key = FIRST_KEY,
                                     .keys = keys });
}

static void eval(struct call *call)
{
    run(call, repertoire_of_text, 0);
}

static void eval_ro(struct call *call)
{
    run(call, repertoire_of_text, SCRIPT_NO_WRITES);
}

static void refuse_unknown(struct call *call)
{
    play_announce(call);
    reply_error(call->reply, SLICE(ERR_NO_SCRIPT));
}

/* What is no digest is refused first. */
static void run_known(struct call *call, uint32_t demands)
{
    if (call->argv[1].len == SHA1_HEX)
        run(call, repertoire_of_sha1, demands);
    else
        refuse_unknown(call);
}

static void evalsha(struct call *call)
{
    run_known(call, 0);
}

static void evalsha_ro(struct call *call)
{
    run_known(call, SCRIPT_NO_WRITES);
}

#define EVALUATION                                                                                           \
    (CMD_NOSCRIPT | CMD_STALE | CMD_SKIP_MONITOR | CMD_NO_MANDATORY_KEYS | CMD_MAY_REPLICATE | CMD_EXTENDS)
#define READING     (EVALUATION & ~CMD_MAY_REPLICATE)
#define GROUP       .categories = ACL_SCRIPTING, .group = "scripting", .tier = TIER_PASS
#define WRITE_USE   (KEY_RW | KEY_ACCESS | KEY_UPDATE)
#define READ_USE    (KEY_RO | KEY_ACCESS)
#define WRITE_NOTE  "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
#define READ_NOTE   "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"
#define TEXT_SYNTAX "script numkeys [key [key ...]] [arg [arg ...]]"
#define SHA1_SYNTAX "sha1 numkeys [key [key ...]] [arg [arg ...]]"
#define COST        "that of the script"
#define REPLY       "what the script returns"

const struct command eval_commands[] = {
    { "eval", eval, .syntax = TEXT_SYNTAX, .keys = { KEYS_COUNTED(2, WRITE_USE, .note = WRITE_NOTE) },
      .flags = EVALUATION, GROUP, .since = "2.6.0", .cost = COST, .reply = REPLY,
      .summary = "Run a script in Lua." },
    { "evalsha", evalsha, .syntax = SHA1_SYNTAX, .keys = { KEYS_COUNTED(2, WRITE_USE) }, .flags = EVALUATION,
      GROUP, .since = "2.6.0", .cost = COST, .reply = REPLY,
      .summary = "Run a script that the server knows by its digest." },
    { "eval_ro", eval_ro, .syntax = TEXT_SYNTAX, .keys = { KEYS_COUNTED(2, READ_USE, .note = READ_NOTE) },
      .flags = READING | CMD_READONLY, GROUP, .since = "7.0.0", .cost = COST, .reply = REPLY,
      .summary = "Run a script in Lua that changes nothing." },
    { "evalsha_ro", evalsha_ro, .syntax = SHA1_SYNTAX, .keys = { KEYS_COUNTED(2, READ_USE) },
      .flags = READING | CMD_READONLY, GROUP, .since = "7.0.0", .cost = COST, .reply = REPLY,
      .summary = "Run a script that the server knows by its digest and that changes nothing." },
    { 0 },
};
