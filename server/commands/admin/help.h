/*
 * help.h - the answer of CLIENT HELP and its like.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ADMIN_HELP_H
#define SERVER_COMMANDS_ADMIN_HELP_H

struct call;

/* Replies with Redis's heading for the container in argv[0], the lines, which NULL ends, and those on HELP
 * itself. */
void help_reply(struct call *call, const char *const *lines);

#endif
