/*
 * effects.h - everything that follows from a change of a key.
 *
 * Handlers say that a key changed, once; what has to happen because of it is decided here and nowhere else.
 *
 * Threads: the loop that runs the command, inside its access.
 */
#ifndef SERVER_EXEC_EFFECTS_H
#define SERVER_EXEC_EFFECTS_H

#include <stddef.h>

#include "proto/base/slice.h"

struct loop;

/* `key` of `db` was changed by a command; `event` names how, in the words of keyspace notifications. */
void effects_of_change(struct loop *loop, unsigned db, struct slice key, const char *event);
/* Whole databases were emptied or exchanged, `keys` entries of them removed. */
void effects_of_flush(struct loop *loop, size_t keys);

#endif
