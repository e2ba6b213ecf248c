/*
 * outcome.h - what a write that goes upstream leaves behind, as far as its words and its reply tell.
 *
 * Only what is absolute is of use, value and deadline both: the argument of a SET. What follows from what was
 * there before is not known without asking, and is dropped instead: the value that APPEND leaves, the
 * deadline that INCR or KEEPTTL does. A deadline known from a copy would not do. The upstream does not tell
 * of a change by somebody else that it executes in one turn with a write of ours after it, an EXPIRE before
 * our INCR say.
 *
 * A command whose outcome can be told has a function for it in its row.
 *
 * Threads: plain values.
 */
#ifndef SERVER_EXEC_COMMAND_OUTCOME_H
#define SERVER_EXEC_COMMAND_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

enum outcome_kind {
    OUTCOME_UNKNOWN,     /* drop the keys */
    OUTCOME_VALUE,       /* argv[value_arg] under argv[1], for `ttl_ms` */
    OUTCOME_VALUE_TIMED, /* the same, its TTL to be asked for */
    OUTCOME_PAIRS,       /* argv[2] under argv[1], argv[4] under argv[3], ... without a TTL */
};

/* The reply that says that the write took place. */
enum outcome_proof { PROOF_OK, PROOF_ONE, PROOF_NO_ERROR };

#define OUTCOME_NO_TTL (-1) /* as PTTL says it: the key has no deadline */

/* All zero: unknown. */
struct outcome {
    enum outcome_kind kind;
    enum outcome_proof proof;
    int value_arg;
    int64_t ttl_ms; /* 0 and more, or OUTCOME_NO_TTL */
};

static inline bool outcome_happened(const struct outcome *outcome, struct slice reply)
{
    switch (outcome->proof) {
    case PROOF_ONE: return slice_equal(reply, SLICE(":1\r\n"));
    case PROOF_NO_ERROR: return reply.data[0] != '-' && reply.data[0] != '!';
    case PROOF_OK: break;
    }
    return slice_equal(reply, SLICE("+OK\r\n"));
}

#endif
