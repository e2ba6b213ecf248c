/*
 * debug_object.h - DEBUG OBJECT and its like: how the value of a key is kept.
 *
 * Redis prints what LISTPACK and QUICKLIST are about to its standard output, which no client sees. Here only
 * the reply is made, by which suites tell the encodings apart.
 *
 * Threads: as handlers, with the shard of the key argv[2] open.
 */
#ifndef SERVER_COMMANDS_ADMIN_DEBUG_OBJECT_H
#define SERVER_COMMANDS_ADMIN_DEBUG_OBJECT_H

struct call;

void debug_object(struct call *call);
void debug_listpack(struct call *call);
void debug_quicklist(struct call *call);
void debug_packed_threshold(struct call *call);

#endif
