/*
 * command_keys.h - COMMAND GETKEYS and GETKEYSANDFLAGS: which arguments of a call are keys.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CATALOG_COMMAND_KEYS_H
#define SERVER_COMMANDS_CATALOG_COMMAND_KEYS_H

struct call;

void command_get_keys(struct call *call);
void command_get_keys_and_flags(struct call *call);

#endif
