/*
 * sampling.h - a command now and then is looked at, for the keys that are asked for most.
 *
 * Threads: the loop of the call.
 */
#ifndef SERVER_EXEC_SAMPLING_H
#define SERVER_EXEC_SAMPLING_H

#include "server/core/loop.h"
#include "server/exec/call.h"

/* All keys of it. It has run, and its arguments are still there. */
void sampling_take(struct call *call);

static inline __attribute__((always_inline)) void sampling_count(struct call *call)
{
    if (__builtin_expect(--call->loop->commands_to_sample <= 0, 0)) sampling_take(call);
}

#endif
