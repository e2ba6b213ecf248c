/*
 * redis_names.h - the names of all commands of Redis 7.2.
 *
 * A configuration may take away or rename any of them, those included that this server does not have: one
 * that is written for Redis should start it.
 *
 * Threads: immutable.
 */
#ifndef SERVER_EXEC_COMMAND_REDIS_NAMES_H
#define SERVER_EXEC_COMMAND_REDIS_NAMES_H

#include <stddef.h>

/* In lower case and in order; NULL behind the last. */
const char *redis_name_at(size_t index);

#endif
