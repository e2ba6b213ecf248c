#include "server/commands/catalog/families.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/session/monitors.h"
#include "server/exec/session/session.h"

/* Asked twice it says nothing the second time, as in Redis. */
static void monitor(struct call *call)
{
    if (call->session->executing) {
        reply_error(call->reply, SLICE(ERR_MONITOR_IN_EXEC));
        return;
    }
    if (session_is_monitor(call->session)) return;
    monitors_join(call->server, call->session);
    reply_ok(call->reply);
}

const struct command monitor_commands[] = {
    { "monitor", monitor, .syntax = "", .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE,
      .group = "server", .tier = TIER_LOCAL, .since = "1.0.0",
      .cost = "O(1), and O(1) for every command that anybody runs",
      .reply = "OK, then a simple string for each command",
      .summary = "Show every command that runs from now on." },
    { 0 },
};
