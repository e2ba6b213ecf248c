/*
 * outcome.h - what a write leaves behind, as far as its words and its reply tell.
 *
 * Only what is absolute is of use, value and deadline both: the argument of a SET. What follows from what was
 * there before is not known without asking, and is dropped instead: the value that APPEND leaves, the
 * deadline that INCR or KEEPTTL does. A deadline known from a copy would not do. The upstream does not tell
 * of a change by somebody else that it executes in one turn with a write of ours after it, an EXPIRE before
 * our INCR say.
 *
 * Threads: no state.
 */
#ifndef SERVER_UPSTREAM_COPIES_OUTCOME_H
#define SERVER_UPSTREAM_COPIES_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/exec/command.h"

enum outcome_kind {
    OUTCOME_UNKNOWN,     /* drop the keys */
    OUTCOME_VALUE,       /* argv[value_arg] under argv[1], for `ttl_ms` */
    OUTCOME_VALUE_TIMED, /* the same, its TTL to be asked for */
    OUTCOME_PAIRS,       /* argv[2] under argv[1], argv[4] under argv[3], ... without a TTL */
};

struct outcome {
    enum outcome_kind kind;
    int value_arg;
    int64_t ttl_ms; /* as lease.h takes it */
};

struct outcome outcome_of(enum tier_policy policy, const struct slice *argv, int argc);

/* Did a write of this kind take place, going by its reply? */
bool outcome_happened(enum tier_policy policy, struct slice reply);

#endif
