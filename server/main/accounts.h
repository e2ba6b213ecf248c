/*
 * accounts.h - the users that a server starts with: requirepass, `user` lines, or the ACL file.
 *
 * Threads: the main thread, before there are others.
 */
#ifndef SERVER_MAIN_ACCOUNTS_H
#define SERVER_MAIN_ACCOUNTS_H

#include <stdbool.h>

struct server;

/* Makes server->users, server->envoys and server->acl_log. False: what was declared is wrong, as was told. */
bool accounts_create(struct server *server);
void accounts_destroy(struct server *server);

#endif
