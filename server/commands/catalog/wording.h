/*
 * wording.h - what COMMAND calls the bits of a row.
 *
 * The name of bit N stands at index N; NULL ends a list. The order is Redis's, in which replies tell them.
 *
 * Threads: constant.
 */
#ifndef SERVER_COMMANDS_CATALOG_WORDING_H
#define SERVER_COMMANDS_CATALOG_WORDING_H

#include "server/exec/command/command.h"

extern const char *const command_flag_names[]; /* of enum command_flag, as far as clients are told */
extern const char *const key_use_names[];      /* of enum key_use */

#endif
