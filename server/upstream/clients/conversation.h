/*
 * conversation.h - what a client says over its own connection to the upstream, and what it is told.
 *
 * Each command is either the upstream's, or about this server and answered here, or both (SELECT, HELLO). It
 * goes where transaction.h says, in its order: what the upstream answers is passed on byte for byte behind a
 * barrier, what is answered here stands in its place among that.
 *
 * In a transaction what is answered here is told QUEUED as well. It runs when the upstream has executed the
 * rest, and its answer takes its place in EXEC's reply (execution.h).
 *
 * The connection speaks the protocol that its client speaks: HELLO goes there, without its AUTH, and is
 * answered here when the upstream has answered it.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_CONVERSATION_H
#define SERVER_UPSTREAM_CLIENTS_CONVERSATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/exec/stage.h"
#include "server/upstream/clients/subscriptions.h"
#include "server/upstream/errands/errand_kind.h"

struct call;
struct command_info;
struct patron;

/* Does the command need a connection of its client's own, or has that got one? */
bool conversation_wants(const struct patron *patron, enum command_kind kind);
/* The link is up and there is room. */
enum tier_verdict conversation_route(struct call *call, const struct command_info *command,
                                     enum command_kind kind);
/* The same of a client whose transaction the upstream does not know of. */
enum tier_verdict conversation_route_refused(struct call *call, const struct command_info *command,
                                             enum command_kind kind);
/* Tell `error` in place of whatever the command would be answered: nothing is on its way for the client. What
 * follows from it for a transaction is seen to. */
enum tier_verdict conversation_refuse(struct call *call, enum command_kind kind, struct slice error);
/* The command is about to run here, and the client has no connection of its own: RESET ends what was refused.
 */
void conversation_reset(struct patron *patron, const struct call *call, const struct command_info *command);

/* Let a client that the upstream has wait no longer: CLIENT UNBLOCK, with an error or as if its time was
 * over. False: it does not wait. */
bool conversation_unblock(struct patron *patron, bool with_error);
/* The client is gone. */
void conversation_leave(struct patron *patron);

/* What CLIENT LIST tells. */
struct conversation_state {
    bool blocked;
    bool in_multi;
    size_t queued; /* commands, in MULTI */
    int64_t subscribed[SUBSCRIPTION_KINDS];
};

static inline bool conversation_is_subscribed(const struct conversation_state *state)
{
    return state->subscribed[0] > 0 || state->subscribed[1] > 0 || state->subscribed[2] > 0;
}

/* All zero for NULL. */
struct conversation_state conversation_state(const struct patron *patron);

#endif
