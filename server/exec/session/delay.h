/*
 * delay.h - answer after some time.
 *
 * For commands whose point is to wait. Only the client that asked waits; its loop goes on. A client that
 * hangs up, or a server that stops, ends the waiting without an answer.
 *
 * Threads: the loop of the session. Ownership: a delay is freed by its loop, after it has answered or
 * delay_cancel().
 */
#ifndef SERVER_EXEC_SESSION_DELAY_H
#define SERVER_EXEC_SESSION_DELAY_H

#include <stdint.h>

struct call;
struct delay;
struct reply;
struct session;

#define DELAY_FOR_EVER (-1)

/* Suspend the call's session and let `answer` write the reply in `ms` milliseconds. */
void delay_reply(struct call *call, int64_t ms, void (*answer)(struct reply *reply));

/* The session, which may have none, is closing. */
void delay_cancel(struct session *session);

#endif
