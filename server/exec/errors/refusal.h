/*
 * refusal.h - what a client is told when its command is not run.
 *
 * Each writes one error reply in Redis's words.
 *
 * Threads: the loop of the call.
 */
#ifndef SERVER_EXEC_ERRORS_REFUSAL_H
#define SERVER_EXEC_ERRORS_REFUSAL_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;
struct command_info;

/* argv[0] names no command; its arguments are quoted back, 128 bytes of them at most. */
void refuse_unknown_command(struct call *call);
/* argv[1] names no subcommand of `container`. */
void refuse_unknown_subcommand(struct call *call, const struct command_info *container);
/* argv[1] names one that exists, but not with these arguments. */
void refuse_subcommand_arguments(struct call *call, const struct command_info *container);
void refuse_arity(struct call *call, const struct command_info *command);

/* What is told while a script, or a function, takes very long. */
struct slice refusal_busy(bool of_function);

#endif
