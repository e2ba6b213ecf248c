#include <stdbool.h>

#include "server/commands/catalog/families.h"
#include "server/core/server.h"
#include "server/core/stop.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/gates/pause.h"
#include "server/exec/session/session.h"

struct wish {
    bool abort;
    bool save;
    bool no_save;
    bool at_once; /* NOW, FORCE or SAFE: there are no replicas to wait for and no save to fail */
};

/* False: an error has been replied. */
static bool read_wish(struct call *call, struct wish *wish)
{
    bool known = true;
    for (int i = 1; i < call->argc && known; i++) {
        if (call_arg_is(call, i, "NOSAVE"))
            wish->no_save = true;
        else if (call_arg_is(call, i, "SAVE"))
            wish->save = true;
        else if (call_arg_is(call, i, "NOW") || call_arg_is(call, i, "FORCE") || call_arg_is(call, i, "SAFE"))
            wish->at_once = true;
        else if (call_arg_is(call, i, "ABORT"))
            wish->abort = true;
        else
            known = false;
    }
    bool several = (wish->save && wish->no_save) || (wish->abort && (wish->save || wish->no_save));
    if (known && !several && !(wish->abort && wish->at_once)) return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

/* While a script is busy only who says that nothing is to be saved ends the server: its keys may be half
 * changed. There is nothing to save, so the end comes at once and can never be found in progress. The reply
 * is that the connection closes. */
static void shut_down(struct call *call)
{
    struct wish wish = { 0 };
    if (!read_wish(call, &wish)) return;
    if (wish.abort) {
        reply_error(call->reply, SLICE(ERR_NO_SHUTDOWN));
        return;
    }
    const struct pause *pause = call->server->pause;
    if (!wish.no_save && pause_is_busy(pause)) {
        reply_error(call->reply, refusal_busy(pause_is_of_function(pause)));
        return;
    }
    call->session->closing = true;
    stop_ask(call->server, 0);
}

const struct command shutdown_commands[] = {
    { "shutdown", shut_down, .syntax = "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
      .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_NO_MULTI | CMD_ALLOW_BUSY,
      .group = "server", .tier = TIER_LOCAL, .since = "1.0.0", .cost = "O(1)",
      .reply = "none, the connection closes", .summary = "End the server." },
    { 0 },
};
