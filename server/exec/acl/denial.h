/*
 * denial.h - what follows when a user may not do what it asks for: the error, the log, the counters.
 *
 * Threads: the session's loop.
 */
#ifndef SERVER_EXEC_ACL_DENIAL_H
#define SERVER_EXEC_ACL_DENIAL_H

#include "proto/base/slice.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/acl_log.h"

struct call;
struct command_info;
struct session;

/* Is it denied to the session's user? Then that is logged and counted. */
struct acl_finding denial_of(const struct call *call, const struct command_info *command,
                             enum acl_context context);
/* The same of a command that only the upstream knows. */
struct acl_finding denial_of_foreign(const struct call *call, const struct acl_foreign *foreign);
/* The same of one that has waited, found denied as it was about to be served: only logged and counted. */
struct late_denial {
    const struct session *session;
    const struct command_info *command;
    const struct slice *argv;
    struct acl_finding finding;
};
void denial_came_late(const struct late_denial *late);
/* Somebody else has found that the call's user may not reach this key: call_rights.h. */
void denial_note_key(const struct call *call, struct slice key);
/* The error of a command that is denied; NULL: one that only the upstream knows. `size` of 160 is enough for
 * every text. */
struct slice denial_text(const struct acl_finding *finding, const struct command_info *command, char *text,
                         size_t size);
/* The same of one that was queued. */
const char *denial_reason(const struct acl_finding *finding);
/* Of a user that did not get in. */
void denial_of_login(const struct call *call, struct slice username);
/* Of a client whose certificate names no user that is on: tls-auth-clients-user. */
void denial_of_certificate(const struct session *session, struct slice username);

#endif
