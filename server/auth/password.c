#include "server/auth/password.h"

#include "server/config/settings.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/errors.h"
#include "server/exec/session.h"

bool password_is_unset(struct settings *settings)
{
    return settings_text_is_empty(settings, TEXT_REQUIREPASS);
}

bool password_admit(struct call *call, struct slice user, struct slice password)
{
    struct settings *settings = call_settings(call);
    bool right = password_is_unset(settings) || settings_text_equals(settings, TEXT_REQUIREPASS, password);
    if (right && slice_equal(user, SLICE("default"))) {
        call->session->authenticated = true;
        return true;
    }
    atomic_fetch_add(&call->server->denied_auth, 1);
    reply_error(call->reply, SLICE(ERR_WRONG_PASS));
    return false;
}
