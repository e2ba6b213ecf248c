/*
 * families.h - the rows of every family of commands.
 *
 * Each array stands in its family's file and ends with an empty row. A new family is declared here and listed
 * in families.c, in the order in which COMMAND tells them.
 *
 * Threads: immutable.
 */
#ifndef SERVER_COMMANDS_FAMILIES_H
#define SERVER_COMMANDS_FAMILIES_H

#include "server/commands/command.h"

extern const struct command command_commands[];
extern const struct command server_commands[];

/* All of them, ended by NULL. */
extern const struct command *const command_families[];

#endif
