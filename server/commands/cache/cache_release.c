/*
 * CACHE RELEASE: the end of a lease without a value.
 */
#include "server/commands/cache/cache.h"
#include "server/commands/cache/cache_errors.h"
#include "server/commands/cache/cache_renewal.h"
#include "server/core/loop.h"
#include "server/events/lease/leasing.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

/* The longest that a key may be left alone, or passed. */
#define REST_MAX_MS INT64_C(86400000)

enum ending { ENDS, RETRIES, PASSES, RENEWS };

static bool read_ending(struct call *call, enum ending *ending)
{
    if (call_arg_is(call, 4, "retry"))
        *ending = RETRIES;
    else if (call_arg_is(call, 4, "pass"))
        *ending = PASSES;
    else if (call_arg_is(call, 4, "renew"))
        *ending = RENEWS;
    else
        return false;
    return true;
}

static bool refuse_time(struct call *call, const char *format)
{
    reply_errorf(call->reply, format, call->command->full_name);
    return false;
}

/* A deadline must be one that can be kept. */
static bool is_time(const struct call *call, enum ending ending, int64_t ms)
{
    return ms > 0 && ms <= (ending == RENEWS ? INT64_MAX - call->now_ms : REST_MAX_MS);
}

/* False: an error was replied. */
static bool read_options(struct call *call, enum ending *ending, int64_t *ms)
{
    *ending = ENDS;
    if (call->argc == 4) return true;
    if (call->argc != 6 || !read_ending(call, ending)) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    if (!call_arg_int(call, 5, ms)) return false;
    if (is_time(call, *ending, *ms)) return true;
    return refuse_time(call, *ending == RENEWS ? ERR_INVALID_EXPIRE_FMT : ERR_INVALID_LEASE_FMT);
}

static void rest(struct call *call, struct lease *lease, enum ending ending, int64_t ms)
{
    enum lease_phase phase = ending == RETRIES ? LEASE_RETRY : LEASE_PASS;
    leasing_rest(call, lease, phase, ms);
}

void cache_release(struct call *call)
{
    enum ending ending;
    int64_t ms = 0;
    if (!read_options(call, &ending, &ms)) return;
    struct lease *lease = leasing_find_by_token(call, 2, call->argv[3]);
    bool good = lease != NULL;
    if (!good) {
        reply_int(call->reply, 0);
        return;
    }
    if (ending == RENEWS)
        good = cache_renew(call, 2, lease, ms);
    else if (ending == ENDS)
        leasing_end(call, lease);
    else
        rest(call, lease, ending, ms);
    counter_add(ending == RENEWS && good ? &call->loop->counters.cache_renewed
                                         : &call->loop->counters.cache_released,
                1);
    reply_int(call->reply, good);
}
