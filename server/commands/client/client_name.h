/*
 * client_name.h - the names that clients give themselves.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CLIENT_CLIENT_NAME_H
#define SERVER_COMMANDS_CLIENT_CLIENT_NAME_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;

/* Printable and without spaces, as a field of CLIENT LIST must be. */
bool client_name_is_good(struct slice name);
/* Name the session argv[arg]; empty unnames it. False after an error reply. */
bool client_name_set(struct call *call, int arg);

#endif
