/*
 * database.h - the number of a database among a command's arguments.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_KEY_DATABASE_H
#define SERVER_COMMANDS_KEY_DATABASE_H

#include <stdbool.h>

struct call;

/* False: replied, argv[arg] is no number or there is no such database. */
bool database_read(struct call *call, int arg, unsigned *db);

#endif
