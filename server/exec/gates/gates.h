/*
 * gates.h - may a command run, now?
 *
 * In Redis's order: the client is authenticated; inside of a transaction the command may be queued; its user
 * may run it; memory allows it; a subscriber, or a monitor, may say it; no pause holds it back. That the
 * command exists and that its arity fits was seen before. EXEC answers for all that was queued.
 *
 * Threads: the loop of the session.
 */
#ifndef SERVER_EXEC_GATES_GATES_H
#define SERVER_EXEC_GATES_GATES_H

#include "proto/base/slice.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/gates/pause.h"
#include "server/exec/session/session.h"
#include "server/memory/memory_limit.h"

enum gate {
    GATE_OPEN,
    GATE_REFUSED, /* and replied */
    GATE_QUEUED,  /* it is part of a transaction now, as was replied */
    GATE_WAIT,    /* CLIENT PAUSE, or memory is short: ask again later */
};

/* The long way, for whom one of the conditions below does not hold. */
enum gate gates_look(struct call *call);

static inline __attribute__((always_inline)) enum gate gates_ask(struct call *call)
{
    const struct server *server = call->server;
    bool is_plain = (call->session->gates & GATE_BARS) == 0 && !pause_is_on(server->pause, call->now_ms);
    if (is_plain && (!(call->command->flags & (CMD_GROWS | CMD_EXTENDS)) || memory_limit_is_idle(server)))
        return GATE_OPEN;
    return gates_look(call);
}

/* Does CLIENT PAUSE hold commands of these flags? */
bool gates_are_paused(const struct call *call, uint32_t flags);

/* Refuse `command`, which the call asks for: a text with its code. What is refused dooms the transaction it
 * was meant for; an EXEC that is refused ends it. */
void gates_refuse(struct call *call, const struct command_info *command, struct slice error);

#endif
