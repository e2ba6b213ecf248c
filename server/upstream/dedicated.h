/*
 * dedicated.h - a client's own connection to the upstream, for as long as it needs one.
 *
 * Transactions, subscriptions and commands that wait change what a connection is, so they cannot share one.
 * The first such command of a client takes a connection, from the loop's idle ones if there is one; while the
 * client has it, all its commands but those about this server go there, and what comes back is passed on byte
 * for byte, each frame behind a barrier. It is given back when nothing of it is left: after EXEC, DISCARD or
 * UNWATCH, after the reply of a command that waited. Of subscriptions nothing can be taken back for sure, and
 * a client that goes leaves anything behind: then it is closed.
 *
 * When it is lost the client is told and closed too, as by a Redis that goes down: there is no other way to
 * tell it that its transaction or its subscriptions are gone.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_DEDICATED_H
#define SERVER_UPSTREAM_DEDICATED_H

#include "server/upstream/errand_kind.h"
#include "server/upstream/tier.h"

struct patron;

/* Does the command need one, or has its client got one? */
bool dedicated_wants(const struct patron *patron, enum errand_kind kind);
/* Send it there. The link is up and there is room. */
enum tier_verdict dedicated_route(struct call *call, const struct command_info *command,
                                  enum errand_kind kind);

/* Blocked by a command, or subscribed. */
bool dedicated_is_waiting(const struct dedicated *dedicated);
bool dedicated_is_subscribed(const struct dedicated *dedicated);

/* RESET: the client gives up what it has. */
void dedicated_drop(struct patron *patron);
/* The client is gone. */
void dedicated_leave(struct patron *patron);
/* At the end of a turn. */
void dedicated_flush(struct loop *loop);
/* The link is lost, or the loop ends. */
void dedicated_close_all(struct loop *loop);

#endif
