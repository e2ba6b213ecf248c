/*
 * dispatch.h - from a request of a batch to the executor, or to the upstream.
 *
 * Without an upstream every request is executed here. With one the tier says which way it goes; reads of
 * local copies take the short way, and go upstream after all if a key turns out to be unknown.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_EXEC_DISPATCH_H
#define SERVER_EXEC_DISPATCH_H

struct loop;
struct request;
struct slice;

enum dispatched {
    DISPATCH_DONE,   /* replied, or suspended */
    DISPATCH_HELD,   /* nothing happened: the connection waits for its upstream */
    DISPATCH_PARKED, /* nothing happened: what it needs is kept for long; it is asked again: parking.h */
    DISPATCH_PAUSED, /* nothing happened: CLIENT PAUSE, or memory is short; try again later */
};

/* Execute `request`, whose arguments are `argv`, its reply going to the loop's writer. */
enum dispatched dispatch(struct loop *loop, const struct request *request, const struct slice *argv);
/* The same where it is known that there is an upstream. Who is no batch calls this: what only batches call is
 * inlined there, and a request of theirs costs some thirty instructions less. */
enum dispatched dispatch_to_tier(struct loop *loop, const struct request *request, const struct slice *argv);

#endif
