/*
 * dialect.h - a client's words in those of the upstream.
 *
 * What rename-command renamed here goes up under its own name. And where the address of the upstream names a
 * database, that one is our database 0: so it is, in every argument that names one.
 *
 * What a script or a module's command calls a database is not understood, nor is the database that MIGRATE
 * names, which is the other server's.
 *
 * Threads: any; no state.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_DIALECT_H
#define SERVER_UPSTREAM_ERRANDS_DIALECT_H

#include "proto/base/slice.h"

struct call;
struct command_info;

struct dialect {
    struct slice *own; /* NULL: the words are the client's */
    char number[16];
};

/* How the upstream calls the command; empty: nobody has a command of this name. */
struct slice dialect_name(const struct call *call, const struct command_info *command);

/* call->argc words, good until dialect_end(). The command has a name. */
const struct slice *dialect_begin(struct dialect *dialect, const struct call *call,
                                  const struct command_info *command);
void dialect_end(struct dialect *dialect);

#endif
