#include "server/commands/collection/block_timeout.h"

#include <math.h>

#include "proto/base/number.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

/* Longer ones are called negative, which is what they become in Redis 7.0. */
#define TIMEOUT_MAX_MS 0x1p63L

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

bool block_timeout_read(struct call *call, int arg, int64_t *until_ms)
{
    long double seconds;
    if (!number_parse_long_double(call->argv[arg], &seconds))
        return refuse(call, SLICE(ERR_TIMEOUT_NOT_FLOAT));
    long double ms = ceill(seconds * 1000);
    if (ms < 0 || ms >= TIMEOUT_MAX_MS) return refuse(call, SLICE(ERR_TIMEOUT_NEGATIVE));
    int64_t wait_ms = (int64_t)ms;
    bool ends = wait_ms > 0 && wait_ms < INT64_MAX - call->now_ms;
    *until_ms = ends ? call->now_ms + wait_ms : BLOCKING_FOR_EVER;
    return true;
}
