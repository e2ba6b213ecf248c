#include "server/exec/gates/permission.h"

#include "server/config/settings.h"
#include "server/core/address.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"

static bool is_given(int64_t permission, const struct call *call)
{
    if (permission != PERMISSION_LOCAL) return permission == PERMISSION_YES;
    return session_is_local(call->session);
}

bool permission_to_debug(const struct call *call)
{
    return is_given(SETTING(call->server->settings, enable_debug_command), call);
}

static bool changes_modules(const struct call *call)
{
    return call->argc > 1 &&
           (call_arg_is(call, 1, "load") || call_arg_is(call, 1, "loadex") || call_arg_is(call, 1, "unload"));
}

struct slice permission_refusal(const struct call *call, struct slice name)
{
    if (slice_equal_nocase(name, SLICE("debug")) && !permission_to_debug(call))
        return SLICE(ERR_DEBUG_FORBIDDEN);
    if (slice_equal_nocase(name, SLICE("module")) && changes_modules(call) &&
        !is_given(SETTING(call->server->settings, enable_module_command), call))
        return SLICE(ERR_MODULE_FORBIDDEN);
    return SLICE("");
}
