/*
 * sampling.h - a command now and then is looked at, for the keys that are asked for most and for how reads of
 * each prefix hit.
 *
 * Threads: the loop of the call.
 */
#ifndef SERVER_EXEC_SAMPLING_H
#define SERVER_EXEC_SAMPLING_H

#include "server/core/loop.h"
#include "server/exec/call.h"

/* A command that has run, here or elsewhere. */
struct sampled {
    const struct command_info *command;
    const struct slice *argv;
    int argc;
    unsigned db;
    uint64_t first_hash; /* of its key if it has one in a fixed place; 0: not hashed yet */
    uint64_t bytes;      /* of its reply */
    uint64_t ns;         /* that it took here */
    uint64_t hits, misses;
    bool is_script_s; /* a script said it, no client */
};

/* It has run, and its arguments are still there. The end of the command before a sample is looked at as well:
 * what was counted since are the sample's hits and misses. */
void sampling_take(struct call *call, uint64_t ns);

static inline __attribute__((always_inline)) void sampling_count(struct call *call, uint64_t ns)
{
    if (__builtin_expect(--call->loop->commands_to_sample <= 0, 0)) sampling_take(call, ns);
}

/* Of one that an upstream has answered. */
void sampling_count_sent(struct loop *loop, const struct sampled *sampled);

/* Hits and misses that were counted so far are none of the sample's. */
void sampling_look(struct loop *loop);

/* The next command is looked at, whatever was drawn: a window was opened (observe/keys/key_window.h). */
void sampling_hasten(struct loop *loop);

#endif
