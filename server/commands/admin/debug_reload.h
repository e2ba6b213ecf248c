/*
 * debug_reload.h - DEBUG RELOAD: every value goes through the form that it would have in a file, and back.
 *
 * Nothing is written to a file here, so that is all there is to reload; deadlines and uses stay. To who
 * tracks or watches keys it is as if all had been flushed, as in Redis.
 *
 * Threads: as handlers, with all shards open.
 */
#ifndef SERVER_COMMANDS_ADMIN_DEBUG_RELOAD_H
#define SERVER_COMMANDS_ADMIN_DEBUG_RELOAD_H

struct call;

/* With the options of Redis, which say what is done with the file: they are read and without effect. */
void debug_reload(struct call *call);

#endif
