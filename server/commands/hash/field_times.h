/*
 * field_times.h - fields and their deadlines, as the arguments of commands name them.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_HASH_FIELD_TIMES_H
#define SERVER_COMMANDS_HASH_FIELD_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/commands/key/deadline.h"

struct call;

/* FIELDS numfields field [field ...] from argv[arg] to the end. `error` is what is replied where the number
 * is none, or not positive. False: replied. The fields begin at argv[arg + 2]. */
bool field_times_wants_fields(struct call *call, int arg, struct slice error);

/* The time in argv[arg] as one that a field can have. False: replied. */
bool field_times_read(struct call *call, int arg, enum deadline_unit unit, int64_t *deadline_ms);

/* A field with such a deadline is gone at once. */
bool field_times_is_past(const struct call *call, int64_t deadline_ms);

/* What is left of a time, in whole seconds of which the last has begun. */
int64_t field_times_to_seconds(int64_t ms);

#endif
