/*
 * executor.h - the one way in which a command runs.
 *
 * Which command it is, the gates (gates.h), the access, the handler, what is counted and logged of it, and
 * what follows from it: whoever has a command to run makes a call and gives it here. That is the batch, EXEC,
 * and what an upstream leaves to be answered by this server. None of them repeats a part of it.
 *
 *     struct call call = executor_call(session, &reply, argv, argc);
 *     executor_run(&call, command_table_find(server->commands, argv[0]));
 *
 * The reply goes to the writer of the caller's choice, behind what that has written so far. Only this opens
 * and closes accesses of commands: EXEC's covers all that its commands need, and they run inside it.
 *
 * Threads: the loop of the session.
 */
#ifndef SERVER_EXEC_EXECUTOR_H
#define SERVER_EXEC_EXECUTOR_H

#include "proto/base/slice.h"
#include "proto/reply.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"

struct command_info;
struct request;

enum executed {
    EXECUTED,        /* replied, refused, queued or suspended */
    EXECUTED_MISSED, /* a read of copies met a key that is not known: nothing was replied or counted */
    EXECUTED_PARKED, /* nothing happened: what it needs is kept for long; it is to be asked again: parking.h
                      */
    EXECUTED_WAIT,   /* nothing happened: CLIENT PAUSE, or memory is short; try again later */
};

/* A call of `session` that begins to reply. The caller knows what else is true of it. */
static inline __attribute__((always_inline)) struct call executor_call(struct session *session,
                                                                       struct reply *reply,
                                                                       const struct slice *argv, int argc)
{
    struct loop *loop = session->loop;
    reply->protocol = session->protocol;
    reply->errors = 0;
    return (struct call){
        .argv = argv,
        .argc = argc,
        .reply = reply,
        .start = reply->out->len,
        .session = session,
        .loop = loop,
        .server = loop->server,
        .access = { .keyspace = loop->server->keyspace },
        .now_ms = loop->now_ms,
        .db = session->db,
    };
}

/* Run what argv[0] names, as the table says: `named`, NULL if that is nothing. With `first_hash` of its first
 * key, or 0 for it to be found here. A session that is `executing` is never made to wait. */
enum executed executor_run(struct call *call, const struct command_info *named);

/* Run a request of a batch, its reply going to the loop's writer. */
enum executed executor_run_request(const struct request *request, const struct slice *argv);

/* Run call->command, which has passed its gates, inside an access that is open and covers its keys:
 * call->access is a copy of that, and stays open. Returns how long it took; executor_tell() is the caller's,
 * when the access is closed. */
uint64_t executor_run_inside(struct call *call);

/* Tell those who watch of a command that took so long and left its client in that database: MONITOR, the slow
 * log, the latency monitor. Outside of an access. */
void executor_tell(struct call *call, unsigned db, uint64_t ns);

/* The same without MONITOR. */
void executor_tell_late(struct call *call, uint64_t ns);

/* It has replied: count its errors, and take back what CLIENT REPLY silences. executor_run() has done so,
 * unless it returned something else than EXECUTED. */
void executor_settle(struct call *call);

/* What argv[0] named, or its subcommand, if its arguments may be those of one. NULL, after a refusal. */
const struct command_info *executor_resolve(struct call *call, const struct command_info *named);

/* For a command that finds out on the way which shards it needs, one after the other (CMD_STEPS). False: the
 * shard is kept for long. */
bool executor_open_shard(struct call *call, unsigned index);
void executor_close_shard(struct call *call);

#endif
