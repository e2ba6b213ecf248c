/*
 * debug_protocol.h - DEBUG PROTOCOL: a reply of every type, so that a client can be tested on them.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ADMIN_DEBUG_PROTOCOL_H
#define SERVER_COMMANDS_ADMIN_DEBUG_PROTOCOL_H

struct call;

/* argv[2] is the type. */
void debug_protocol(struct call *call);

#endif
