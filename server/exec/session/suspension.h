/*
 * suspension.h - a client whose command is answered later.
 *
 * A handler that cannot answer yet suspends the session and returns; nothing more of that client runs until
 * somebody, on the same loop and outside of a batch, ends the suspension with the answer. A client that goes
 * meanwhile takes its suspension with it, so sessions are named by number here and never kept as pointers.
 *
 * Threads: the loop of the session.
 */
#ifndef SERVER_EXEC_SESSION_SUSPENSION_H
#define SERVER_EXEC_SESSION_SUSPENSION_H

#include <stdint.h>

#include "server/exec/session/session.h"

struct call;
struct loop;
struct reply;

/* `why` is WAIT_SUSPENDED, WAIT_SURVEY or WAIT_KEYS. */
void suspension_start(struct call *call, enum session_wait why);

/* Writes the answer. `context` is the caller's. */
typedef void (*suspension_answer)(struct session *session, struct reply *reply, void *context);

/* Answer and let the client go on. Nothing happens when the session is gone. */
void suspension_end(struct loop *loop, uint64_t session, suspension_answer answer, void *context);
/* The same of one that waits for keys, with an answer that is written already; also within a batch. */
void suspension_push(struct session *session, struct slice answer);

#endif
