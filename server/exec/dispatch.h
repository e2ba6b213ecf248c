/*
 * dispatch.h - from a request to its handler: look-up, gates, access, counting.
 *
 * The gates, in Redis's order: the command exists, its arity fits, the client is authenticated, memory allows
 * it, no pause holds it back. What passes runs inside an access that covers its keys and is timed.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_EXEC_DISPATCH_H
#define SERVER_EXEC_DISPATCH_H

#include "proto/base/slice.h"
#include "server/exec/batch.h"

struct call;
struct command_info;
struct connection;
struct loop;

enum dispatched {
    DISPATCH_DONE,   /* replied, or suspended */
    DISPATCH_HELD,   /* nothing happened: the connection waits for its upstream */
    DISPATCH_PARKED, /* nothing happened: what it needs is kept for long; it is asked again: parking.h */
    DISPATCH_PAUSED, /* nothing happened: CLIENT PAUSE, or memory is short; try again later */
};

/* Execute `request`, its reply going to the loop's writer. */
enum dispatched dispatch(struct loop *loop, const struct request *request);

/* Which command, or subcommand, it is, if its arguments may be those of one: NULL, and an error, otherwise.
 */
const struct command_info *dispatch_resolve(struct call *call, const struct command_info *command);

/* Outside of a batch: execute a command that was queued in a transaction, its reply being added to the loop's
 * output. It may suspend the connection: then the reply comes later. */
void dispatch_queued(struct connection *connection, const struct slice *argv, int argc);

#endif
