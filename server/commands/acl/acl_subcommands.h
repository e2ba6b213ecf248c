/*
 * acl_subcommands.h - those of ACL that have a file of their own.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ACL_ACL_SUBCOMMANDS_H
#define SERVER_COMMANDS_ACL_ACL_SUBCOMMANDS_H

struct call;

void acl_dryrun(struct call *call);
void acl_log(struct call *call);

#endif
