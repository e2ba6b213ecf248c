#include "server/exec/acl/call_rights.h"

#include "server/core/server.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/denial.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"

static bool is_restricted(const struct call *call)
{
    return call->session->gates & GATE_RESTRICTED && call->session->user != NULL;
}

static struct acl_asked asked_by(const struct call *call)
{
    return (struct acl_asked){
        .user = call->session->user, .command = call->command, .argv = call->argv, .argc = call->argc
    };
}

bool call_may_reach(const struct call *call, struct slice key, unsigned rights)
{
    if (!is_restricted(call)) return true;
    struct acl_asked asked = asked_by(call);
    return acl_grants_key(&asked, key, rights);
}

bool call_may_reach_all(const struct call *call, unsigned rights)
{
    if (!is_restricted(call)) return true;
    struct acl_asked asked = asked_by(call);
    return acl_grants_every_key(&asked, rights);
}

bool call_may_reach_tag(const struct call *call, struct slice tag, unsigned rights)
{
    if (!is_restricted(call)) return true;
    struct acl_asked asked = asked_by(call);
    return acl_grants_tag(&asked, tag, rights);
}

bool call_may_run(const struct call *call, struct slice command, const struct slice *argv, int argc)
{
    const struct command_info *info = command_table_find_original(call->server->commands, command);
    if (info == NULL) return false;
    return !is_restricted(call) || acl_check(call->session->user, info, argv, argc).denial == ACL_GRANTED;
}

bool call_is_let_reach(const struct call *call, struct slice key, unsigned rights)
{
    if (call_may_reach(call, key, rights)) return true;
    denial_note_key(call, key);
    return false;
}

bool call_is_let_reach_all(const struct call *call, struct slice what, unsigned rights)
{
    if (call_may_reach_all(call, rights)) return true;
    denial_note_key(call, what);
    return false;
}

bool call_is_let_reach_tag(const struct call *call, struct slice tag, unsigned rights)
{
    if (call_may_reach_tag(call, tag, rights)) return true;
    denial_note_key(call, tag);
    return false;
}
