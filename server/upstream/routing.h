/*
 * routing.h - which way a command goes: here, or upstream over the lane, a side or its client's own
 * connection.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_ROUTING_H
#define SERVER_UPSTREAM_ROUTING_H

#include <stdbool.h>

#include "server/exec/stage.h"

struct call;
struct command_info;

/* Which way a command goes, and send it there. `command` is NULL when it is not one of ours. */
enum tier_verdict routing_send(struct call *call, const struct command_info *command);
/* A read could not be answered from local copies: send it upstream. TIER_RUN is not among the results. */
enum tier_verdict routing_miss(struct call *call);
/* Does CLIENT PAUSE WRITE hold this command, of the upstream's? */
bool routing_pauses_writes_of(const struct call *call);

#endif
