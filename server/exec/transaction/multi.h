/*
 * multi.h - a transaction: what a client has queued since MULTI.
 *
 * Commands are copied with their arguments when they are queued, and what EXEC must know of all of them
 * together is gathered then: which shards they need, and what kinds they are of. What they take is on the
 * client's account, and bounded as what it has sent is (client-query-buffer-limit). EXEC takes the whole from
 * its session before it runs any of it.
 *
 * Its memory is the next transaction's when this one is over: each loop keeps one for that.
 *
 * Threads: the session's loop.
 */
#ifndef SERVER_EXEC_TRANSACTION_MULTI_H
#define SERVER_EXEC_TRANSACTION_MULTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/region.h"
#include "proto/base/slice.h"
#include "proto/reply.h"
#include "server/exec/aftermath.h"
#include "server/exec/call.h"
#include "server/exec/session/session.h"

struct command_info;
struct loop;
struct session;

struct queued {
    struct queued *next;
    const struct command_info *command;
    uint64_t first_hash; /* as a call has it */
    int argc;
    /* EXEC's own: what is known when it has run. */
    unsigned db; /* of its client, behind it, as the next two */
    int protocol;
    enum reply_mode replies;
    size_t end; /* of its reply among the others */
    uint64_t ns;
    struct slice argv[];
};

struct multi {
    struct region memory; /* of the commands */
    struct queued *first;
    struct queued *last;
    size_t count;
    size_t text_bytes; /* of their arguments: CLIENT LIST's multi-mem */
    size_t charged;    /* to the session's account */
    uint64_t shards;   /* that they need, a bit for each */
    uint32_t flags;    /* of any of them */
    bool doomed;       /* one was refused: EXEC must not run the others */
    /* EXEC's, see multi_run.h. */
    struct aftermath aftermath;
    struct call kept;   /* EXEC's call, of one that may rest */
    struct reply reply; /* that collects what it replies, with `inside` */
    struct session *session;
    const struct command_info *exec;
    int protocol; /* of the client, behind what ran inside the access */
    enum reply_mode replies;
    struct queued *next;  /* to be told of, or to be run when the access is closed */
    struct buffer inside; /* what those replied that ran inside the access */
    size_t passed;        /* of that */
    struct buffer whole;  /* the reply */
    struct buffer *out;   /* of these the one that is written to; NULL: neither, it is the loop's */
};

/* MULTI. The session has no transaction. */
void multi_begin(struct session *session);
/* Queue the call's command, which has passed its gates. Nothing is kept of what EXEC will not run anyway. */
void multi_queue(struct call *call);
/* A command was refused, whoever it was: if a transaction is open, it will not be executed. */
void multi_doom(struct session *session);
/* End the transaction, which the caller then owns. */
struct multi *multi_take(struct session *session);
void multi_release(struct loop *loop, struct multi *multi);
/* DISCARD, RESET, and the end of the session: forget it, if there is one, and what is watched for it. */
void multi_end(struct session *session);
void multi_destroy(struct multi *multi);

#endif
