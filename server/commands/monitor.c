#include "server/call.h"
#include "server/commands/command.h"
#include "server/commands/errors.h"
#include "server/commands/families.h"
#include "server/observe/monitors.h"
#include "server/session.h"

/* Asked twice it says nothing the second time, as in Redis. */
static void monitor(struct call *call)
{
    if (call->session->executing) {
        reply_error(call->reply, SLICE(ERR_MONITOR_IN_EXEC));
        return;
    }
    if (call->session->monitor) return;
    monitors_join(call->server, call->session);
    reply_ok(call->reply);
}

const struct command monitor_commands[] = {
    { "monitor", monitor, .syntax = "", .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE,
      .group = "server", .tier = TIER_LOCAL, .since = "1.0.0",
      .cost = "O(1), and O(1) for every command that anybody runs",
      .reply = "OK, then a simple string for each command",
      .summary = "Tells every command that runs from now on." },
    { 0 },
};
