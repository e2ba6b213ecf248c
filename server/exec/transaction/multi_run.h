/*
 * multi_run.h - EXEC: run all that was queued, inside its access.
 *
 * The access of EXEC covers what it executes and what it watches, so that others see all of it or nothing.
 * Every command runs through the executor, one after the other, and its reply becomes an element of EXEC's.
 *
 * Some commands (CMD_APART) ask other loops, wait, or call the kernel: none of that may be done inside an
 * access. They run when it is closed, still in their order, and their replies are put in their places.
 * Then the whole may take its time: the client is suspended until the last of them has replied.
 *
 * What watches commands - MONITOR, the slow log - hears of each of them, in their order, and then of EXEC.
 *
 * Scripts and functions among them may take long. Then the whole of it runs where it may rest: the client is
 * suspended meanwhile, and what it is replied is collected.
 *
 * Threads: the loop of the session.
 */
#ifndef SERVER_EXEC_TRANSACTION_MULTI_RUN_H
#define SERVER_EXEC_TRANSACTION_MULTI_RUN_H

#include <stdbool.h>

struct call;

/* Work inside the access of a call that may rest. `kept` is a copy of the call, which is good also when that
 * is gone: with it the work is done. False: it rests, and `answer` will be called when all is done and the
 * access of `kept` is closed. */
struct multi_rest {
    struct call *call;
    struct call *kept;
    void (*run)(void *context);
    void (*answer)(void *context);
    void *context;
};
typedef bool multi_let_rest(const struct multi_rest *rest);

/* Run the session's transaction, which it has no more then, and reply. Nothing that it watches has changed.
 */
void multi_run(struct call *call, multi_let_rest *let_rest);

#endif
