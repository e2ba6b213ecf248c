#include "server/exec/acl/denial.h"

#include <stdio.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/acl/user.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors_acl.h"
#include "server/exec/session/session.h"

static counter *counter_of(struct counters *counters, enum acl_denial denial)
{
    switch (denial) {
    case ACL_NO_KEY: return &counters->denied_keys;
    case ACL_NO_CHANNEL: return &counters->denied_channels;
    case ACL_NO_LOGIN: return &counters->wrong_passwords;
    case ACL_NO_CERTIFIED: return &counters->unknown_certificates;
    default: return &counters->denied_commands;
    }
}

static void note(struct loop *loop, const struct acl_event *event)
{
    counter_add(counter_of(&loop->counters, event->denial), 1);
    if (loop->server->acl_log != NULL) acl_log_add(loop->server->acl_log, event);
}

static void note_finding(const struct call *call, const struct acl_finding *finding, struct slice command,
                         enum acl_context context)
{
    if (finding->denial == ACL_GRANTED) return;
    bool is_command = finding->denial == ACL_NO_COMMAND;
    note(call->loop, &(struct acl_event){ .session = call->session,
                                          .denial = finding->denial,
                                          .context = context,
                                          .object = is_command ? command : call->argv[finding->arg],
                                          .username = user_name(call->session->user),
                                          .now_ms = call->now_ms });
}

struct acl_finding denial_of(const struct call *call, const struct command_info *command,
                             enum acl_context context)
{
    struct acl_finding finding = acl_check(call->session->user, command, call->argv, call->argc);
    note_finding(call, &finding, slice_of_cstr(command->full_name), context);
    return finding;
}

struct acl_finding denial_of_foreign(const struct call *call, const struct acl_foreign *foreign)
{
    struct acl_finding finding = acl_check_foreign(call->session->user, foreign, call->argv, call->argc);
    note_finding(call, &finding, call->argv[0], ACL_TOP_LEVEL);
    return finding;
}

void denial_came_late(const struct late_denial *late)
{
    const struct acl_finding *finding = &late->finding;
    bool is_command = finding->denial == ACL_NO_COMMAND;
    struct slice name = slice_of_cstr(late->command->full_name);
    note(late->session->loop, &(struct acl_event){ .session = late->session,
                                                   .denial = finding->denial,
                                                   .object = is_command ? name : late->argv[finding->arg],
                                                   .username = user_name(late->session->user),
                                                   .now_ms = late->session->loop->now_ms });
}

static enum acl_context context_of(const struct call *call)
{
    if (!call->inside) return ACL_TOP_LEVEL;
    return call->session->running != NULL ? ACL_IN_MULTI : ACL_IN_SCRIPT;
}

void denial_note_key(const struct call *call, struct slice key)
{
    note(call->loop, &(struct acl_event){ .session = call->session,
                                          .denial = ACL_NO_KEY,
                                          .context = context_of(call),
                                          .object = key,
                                          .username = user_name(call->session->user),
                                          .now_ms = call->now_ms });
}

struct slice denial_text(const struct acl_finding *finding, const struct command_info *command, char *text,
                         size_t size)
{
    if (finding->denial == ACL_NO_KEY) return SLICE(ERR_NO_KEY_PERMISSION);
    if (finding->denial == ACL_NO_CHANNEL) return SLICE(ERR_NO_CHANNEL_PERMISSION);
    return slice_of(text, (size_t)snprintf(text, size, ERR_NO_COMMAND_PERMISSION_FMT,
                                           command != NULL ? command->full_name : "unknown"));
}

const char *denial_reason(const struct acl_finding *finding)
{
    switch (finding->denial) {
    case ACL_NO_COMMAND: return "no permission to execute the command or subcommand";
    case ACL_NO_KEY: return "no permission to touch the specified keys";
    case ACL_NO_CHANNEL: return "no permission to access one of the channels used as arguments";
    default: return "no permission";
    }
}

void denial_of_login(const struct call *call, struct slice username)
{
    note(call->loop, &(struct acl_event){ .session = call->session,
                                          .denial = ACL_NO_LOGIN,
                                          .context = context_of(call),
                                          .object = call->argv[0],
                                          .username = username,
                                          .now_ms = call->now_ms });
}

void denial_of_certificate(const struct session *session, struct slice username)
{
    note(session->loop, &(struct acl_event){ .session = session,
                                             .denial = ACL_NO_CERTIFIED,
                                             .object = SLICE("tls-cert"),
                                             .username = username,
                                             .now_ms = session->loop->now_ms });
}
