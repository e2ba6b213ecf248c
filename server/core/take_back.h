/*
 * take_back.h - undo what was replied.
 *
 * A reply that is not wanted after all, or that turned out to be void, is cut off the buffer that it was
 * written to, with the values that were to be sent from where they stand.
 *
 * Threads: the writer's.
 */
#ifndef SERVER_CORE_TAKE_BACK_H
#define SERVER_CORE_TAKE_BACK_H

#include <stddef.h>

struct reply;

/* Drop what stands behind the first `start` bytes of what `reply` writes to. */
void take_back(struct reply *reply, size_t start);

#endif
