/*
 * function_payload.h - FUNCTION DUMP and FUNCTION RESTORE.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_SCRIPT_FUNCTION_PAYLOAD_H
#define SERVER_COMMANDS_SCRIPT_FUNCTION_PAYLOAD_H

struct call;

void function_dump(struct call *call);
void function_restore(struct call *call);

#endif
