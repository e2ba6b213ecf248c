#include "server/commands/client/client_name.h"

#include <stddef.h>

#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"

bool client_name_is_good(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] < '!' || name.data[i] > '~') return false;
    return true;
}

bool client_name_set(struct call *call, int arg)
{
    if (client_name_is_good(call->argv[arg])) {
        session_set_text(&call->session->name, call->argv[arg]);
        return true;
    }
    reply_error(call->reply, SLICE(ERR_CLIENT_NAME));
    return false;
}
