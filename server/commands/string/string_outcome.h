/*
 * string_outcome.h - what the writes of strings leave at an upstream: functions for their rows.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_STRING_STRING_OUTCOME_H
#define SERVER_COMMANDS_STRING_STRING_OUTCOME_H

#include "server/exec/command/outcome.h"

struct outcome string_outcome_set(const struct slice *argv, int argc);
struct outcome string_outcome_setnx(const struct slice *argv, int argc);
struct outcome string_outcome_setex(const struct slice *argv, int argc);
struct outcome string_outcome_psetex(const struct slice *argv, int argc);
struct outcome string_outcome_getset(const struct slice *argv, int argc);
struct outcome string_outcome_mset(const struct slice *argv, int argc);
struct outcome string_outcome_msetnx(const struct slice *argv, int argc);

#endif
