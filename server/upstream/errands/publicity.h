/*
 * publicity.h - who is told of a command that is passed on: MONITOR, CLIENT LIST, the slow log and the
 * latency monitor.
 *
 * What is about the server of a command is known of our own; of others the upstream's COMMAND says it.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_PUBLICITY_H
#define SERVER_UPSTREAM_ERRANDS_PUBLICITY_H

#include <stdint.h>

#include "proto/base/slice.h"

struct call;
struct command_info;
struct errand;

/* It is on its way. `words` are the call's as the upstream calls them; `command` is NULL when it is none of
 * ours. */
void publicity_sent(struct call *call, const struct slice *words, const struct command_info *command);
/* Its client had to wait so long for the reply. */
void publicity_took(const struct errand *errand, uint64_t ns);

#endif
