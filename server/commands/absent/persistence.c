/*
 * Commands that write what is here to a file, which this server never does. They fail as in a Redis that
 * cannot write its file: whoever relies on that file must learn that there is none.
 */
#include "server/commands/catalog/families.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_absent.h"
#include "server/exec/session/delay.h"
#include "server/exec/session/session.h"
#include "server/observe/log.h"
#include "server/observe/run.h"

static void fail(struct call *call, const char *what, struct slice error)
{
    log_write(LOG_LEVEL_WARNING, "%s refused: this server writes no files", what);
    reply_error(call->reply, error);
}

static void save(struct call *call)
{
    fail(call, "SAVE", SLICE(ERR_SAVE));
}

static void bgsave(struct call *call)
{
    if (call->argc == 2 && call_arg_is(call, 1, "CANCEL"))
        reply_error(call->reply, SLICE(ERR_NO_BGSAVE));
    else if (call->argc > 1 && (call->argc > 2 || !call_arg_is(call, 1, "SCHEDULE")))
        reply_error(call->reply, SLICE(ERR_SYNTAX));
    else
        fail(call, "BGSAVE", SLICE(ERR_SAVE));
}

static void bgrewriteaof(struct call *call)
{
    fail(call, "BGREWRITEAOF", SLICE(ERR_REWRITE));
}

/* As of a Redis that has not saved since it was started. */
static void lastsave(struct call *call)
{
    reply_int(call->reply, run_started_ms(call->server->run) / 1000);
}

static void reply_none(struct reply *reply)
{
    reply_array(reply, 2);
    reply_int(reply, 0);
    reply_int(reply, 0);
}

static bool read_numbers(struct call *call, int64_t *local, int64_t *replicas, int64_t *timeout_ms)
{
    if (!call_arg_int(call, 1, local)) return false;
    if (*local < 0 || *local > 1) {
        reply_error(call->reply, SLICE(ERR_ZERO_OR_ONE));
        return false;
    }
    if (!call_arg_int_or(call, 2, replicas, SLICE(ERR_NOT_POSITIVE))) return false;
    if (*replicas < 0) {
        reply_error(call->reply, SLICE(ERR_NOT_POSITIVE));
        return false;
    }
    if (!call_arg_int_or(call, 3, timeout_ms, SLICE(ERR_TIMEOUT_NOT_INTEGER))) return false;
    if (*timeout_ms >= 0) return true;
    reply_error(call->reply, SLICE(ERR_TIMEOUT_NEGATIVE));
    return false;
}

/* No replica will ever tell that it has written anything: as WAIT. */
static void waitaof(struct call *call)
{
    int64_t local, replicas, timeout_ms;
    if (!read_numbers(call, &local, &replicas, &timeout_ms)) return;
    if (local > 0)
        reply_error(call->reply, SLICE(ERR_WAITAOF_LOCAL));
    else if (replicas == 0 || call->session->executing)
        reply_none(call->reply);
    else
        delay_reply(call, timeout_ms > 0 ? timeout_ms : DELAY_FOR_EVER, reply_none);
}

#define SAVES      (CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING)
#define TO_NOWHERE .group = "server", .tier = TIER_PASS | TIER_RUNS_ALONE, .cost = "O(1)"

const struct command persistence_commands[] = {
    { "save", save, .syntax = "", .flags = SAVES | CMD_NO_MULTI, TO_NOWHERE, .since = "1.0.0",
      .reply = "an error", .summary = "Save to a file, which this server does not." },
    { "bgsave", bgsave, .syntax = "[SCHEDULE | CANCEL]", .flags = SAVES, TO_NOWHERE, .since = "1.0.0",
      .reply = "an error", .summary = "Save to a file, which this server does not." },
    { "bgrewriteaof", bgrewriteaof, .syntax = "", .flags = SAVES, TO_NOWHERE, .since = "1.0.0",
      .reply = "an error", .summary = "Rewrite the append-only file, which this server has not." },
    { "lastsave", lastsave, .syntax = "", .flags = CMD_LOADING | CMD_STALE | CMD_FAST,
      .categories = ACL_ADMIN | ACL_DANGEROUS, TO_NOWHERE, .since = "1.0.0",
      .reply = "integer: the Unix time at which the server was started",
      .summary = "When data were last saved. They never are.", .tips = "nondeterministic_output" },
    { "waitaof", waitaof, .syntax = "numlocal numreplicas timeout", .flags = CMD_BLOCKING,
      .categories = ACL_CONNECTION, .group = "generic", .tier = TIER_PASS | TIER_RUNS_ALONE,
      .kind = KIND_BLOCK, .since = "7.2.0", .cost = "O(1)", .reply = "array of two integers",
      .summary = "Wait until earlier writes are in files of replicas. There are none, so until the timeout.",
      .tips = "request_policy:all_shards response_policy:agg_min" },
    { 0 },
};
