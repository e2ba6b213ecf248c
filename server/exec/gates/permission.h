/*
 * permission.h - commands that are only for those on the same machine, or for nobody: DEBUG and MODULE.
 *
 * With an upstream they are the upstream's to execute, and yet this server's to allow: what the upstream sees
 * is a connection of ours, which may be local to it.
 *
 * Threads: the session's loop.
 */
#ifndef SERVER_EXEC_GATES_PERMISSION_H
#define SERVER_EXEC_GATES_PERMISSION_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;

/* enable-debug-command, for whoever makes the call. */
bool permission_to_debug(const struct call *call);
/* The error that refuses `name`, Redis's name of the command; empty: it may run. */
struct slice permission_refusal(const struct call *call, struct slice name);

#endif
