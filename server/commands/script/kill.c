#include "server/commands/script/kill.h"

#include "proto/reply.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors_script.h"
#include "server/exec/errors/refusal.h"
#include "server/script/watchdog.h"

void kill_running(struct call *call, unsigned kind)
{
    unsigned found = watchdog_kill(call->server->watchdog, kind);
    unsigned doing = found & WATCHED_DOING, found_kind = found & WATCHED_FUNCTION;
    if (doing == WATCHED_NOTHING)
        reply_error(call->reply, SLICE(ERR_SCRIPT_NOT_BUSY));
    else if (doing == WATCHED_WRITING)
        reply_error(call->reply, SLICE(ERR_SCRIPT_UNKILLABLE));
    else if (found_kind != kind)
        reply_error(call->reply, refusal_busy(found_kind != 0));
    else
        reply_ok(call->reply);
}
