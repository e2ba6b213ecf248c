#include "server/commands/cache/cache_match.h"

#include "server/commands/cache/cache_errors.h"
#include "server/events/walk/matching.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"

void cache_invalidate_match(struct call *call, int arg, bool softly)
{
    if (call->inside || call->session->executing) {
        reply_error(call->reply, SLICE(ERR_MATCH_INSIDE));
        return;
    }
    call_leave_keys(call);
    matching_start(call, call->argv[arg], softly);
}
