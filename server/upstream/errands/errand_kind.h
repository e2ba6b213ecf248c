/*
 * errand_kind.h - commands that carry state from one to the next, or keep a connection busy.
 *
 * Of this server's own commands the row says it (exec/command/command_kind.h). Of those that only an upstream
 * has it is known here by name, or by the upstream's own table, which says whether they block (roster.h).
 *
 * Threads: no state.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_ERRAND_KIND_H
#define SERVER_UPSTREAM_ERRANDS_ERRAND_KIND_H

#include <stdbool.h>

#include "proto/base/slice.h"
#include "server/exec/command/command_kind.h"

struct command_info;
struct roster;

/* Of argv, which calls `command`, and whose first word the upstream calls `name`; `command` is NULL when it
 * is none of ours. */
enum command_kind errand_kind_of(const struct command_info *command, const struct roster *roster,
                                 struct slice name, const struct slice *argv, int argc);

/* SUBSCRIBE, PUNSUBSCRIBE and so on. */
bool errand_kind_is_subscription(enum command_kind kind);

#endif
