#include "server/commands/acl/acl_subcommands.h"
#include "server/core/server.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/users.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_acl.h"

/* NULL: it is none, or has the wrong number of arguments, as was replied. */
static const struct command_info *find_command(struct call *call)
{
    struct slice name = call->argv[3];
    const struct command_info *command =
        command_table_find_call(call->server->commands, call->argv + 3, call->argc - 3);
    if (command == NULL)
        reply_errorf(call->reply, ERR_ACL_NO_COMMAND_FMT, (int)name.len, name.data);
    else if (command->row->run == NULL || !command_accepts(command, call->argc - 3))
        reply_errorf(call->reply, ERR_ARITY_FMT, command->full_name);
    else
        return command;
    return NULL;
}

static void tell(struct call *call, const struct command_info *command, const struct acl_finding *finding)
{
    struct slice object = call->argv[3 + finding->arg];
    switch (finding->denial) {
    case ACL_GRANTED: reply_ok(call->reply); return;
    case ACL_NO_KEY:
    case ACL_NO_CHANNEL:
        reply_bulkf(call->reply, "This user has no permissions to access the '%.*s' %s", (int)object.len,
                    object.data, finding->denial == ACL_NO_KEY ? "key" : "channel");
        return;
    default:
        reply_bulkf(call->reply, "This user has no permissions to run the '%s' command", command->full_name);
    }
}

void acl_dryrun(struct call *call)
{
    struct user *user = users_find(call->server->users, call->argv[2]);
    const struct command_info *command = user != NULL ? find_command(call) : NULL;
    if (user == NULL)
        reply_errorf(call->reply, ERR_ACL_NO_USER_FMT, (int)call->argv[2].len, call->argv[2].data);
    if (command != NULL) {
        struct acl_finding finding = acl_check(user, command, call->argv + 3, call->argc - 3);
        tell(call, command, &finding);
    }
    user_drop(&user);
}
