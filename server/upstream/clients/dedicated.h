/*
 * dedicated.h - a client's own connection to the upstream, for as long as it needs one.
 *
 * Transactions, subscriptions and commands that wait change what a connection is, so they cannot share one.
 * The first such command of a client takes a connection, from the loop's idle ones if there is one; what goes
 * over it is conversation.h's business. It is given back when nothing of the client is left in it. Of
 * subscriptions nothing can be taken back for sure, and a client that goes leaves anything behind: then it is
 * closed.
 *
 * When it is lost the client is told and closed too, as by a Redis that goes down: there is no other way to
 * tell it that its transaction or its subscriptions are gone. A client of which nothing was sent has lost
 * nothing: it is told, and stays.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_DEDICATED_H
#define SERVER_UPSTREAM_CLIENTS_DEDICATED_H

#include "proto/base/slice.h"

struct dedicated;
struct loop;
struct patron;

/* NULL: there are too many in use. `push` takes the frames that answer nothing. */
struct dedicated *dedicated_take(struct loop *loop, struct patron *patron, int protocol,
                                 void (*push)(struct dedicated *dedicated, struct slice frame));
/* Give it back if nothing of its client is left in it. */
void dedicated_settle(struct dedicated *dedicated);
/* Drop the one that the client has, if it has one, and whatever is in it. */
void dedicated_drop(struct patron *patron);

/* At the end of a turn. */
void dedicated_flush(struct loop *loop);
/* The link is lost, or the loop ends. */
void dedicated_close_all(struct loop *loop);

#endif
