/*
 * executor_detour.h - where a command leaves the path that most take.
 *
 * executor.c is what every command walks through, inlined where a batch is executed. Each detour stands
 * behind a condition that mostly does not hold, and apart, so that it costs those nothing who pass by.
 *
 * Threads: the loop of the session.
 */
#ifndef SERVER_EXEC_EXECUTOR_DETOUR_H
#define SERVER_EXEC_EXECUTOR_DETOUR_H

#include "server/exec/command/table.h"
#include "server/exec/executor.h"
#include "server/exec/gates/gates.h"

/* The batch has not hashed its key: it hashed that of the container, which has none. */
void detour_hash_key(struct call *call);
/* The shards of its keys, when the row does not say at once which. False: something is kept for long. */
bool detour_open_shards(struct call *call);
/* Open its access, which is no detour but needed on one as well. False: something is kept for long. */
static inline __attribute__((always_inline)) bool detour_open_access(struct call *call)
{
    const struct command_info *command = call->command;
    struct keyspace *keyspace = call->access.keyspace;
    if (command->one_key) return access_open(&call->access, keyspace, call->first_hash);
    if (command->flags & CMD_ALL_SHARDS) return access_open_all(&call->access, keyspace);
    if (command->first_key == 0 && command->row->shards == NULL) return true;
    /* That locks nothing. */
    if (call->server->loop_count == 1) return access_open_all(&call->access, keyspace);
    return detour_open_shards(call);
}

/* It was refused: ask once more. False: the call is parked. */
bool detour_open_again(struct call *call);
/* Somebody watches, or waits for what it may bring: open what it takes to serve him. False: it is parked. */
bool detour_attend(struct call *call);
/* There is more to do before the access is closed, or behind it. */
void detour_close_access(struct call *call);
void detour_drop_parted(struct call *call);

/* It did not get through the gates. */
enum executed detour_turn_away(struct call *call, enum gate gate);
/* It ran, but not to its end. */
enum executed detour_miss(struct call *call);
/* It ran, and its reply is not just to be sent. */
void detour_end(struct call *call);

#endif
