#include "server/commands/cache/cache_options.h"

#include "server/commands/cache/cache_errors.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_lease(struct call *call, int arg, int64_t *ms)
{
    if (!call_arg_int(call, arg, ms)) return false;
    if (*ms > 0 && *ms <= CACHE_LEASE_MAX_MS) return true;
    reply_errorf(call->reply, ERR_INVALID_LEASE_FMT, call->command->full_name);
    return false;
}

static bool read_wait(struct call *call, int arg, int64_t *ms)
{
    if (!call_arg_int(call, arg, ms)) return false;
    return (*ms >= 0 && *ms <= CACHE_WAIT_MAX_MS) || refuse(call, SLICE(ERR_TIMEOUT_NOT_INTEGER));
}

static bool read_version(struct call *call, int arg, struct cache_get_options *options)
{
    options->version = call->argv[arg];
    return options->versioned = true;
}

/* Moves `*arg` behind what it has read. */
static bool read_word(struct call *call, int *arg, struct cache_get_options *options, bool *leases)
{
    int at = (*arg)++;
    if (call_arg_is(call, at, "peek")) return options->peeks = true;
    if (call_arg_is(call, at, "fresh")) return options->fresh = true;
    if (call_arg_is(call, at, "meta")) return options->meta = true;
    int value = (*arg)++;
    if (value >= call->argc) return refuse(call, SLICE(ERR_SYNTAX));
    if (call_arg_is(call, at, "wait")) return read_wait(call, value, &options->wait_ms);
    if (call_arg_is(call, at, "version")) return read_version(call, value, options);
    if (!call_arg_is(call, at, "lease")) return refuse(call, SLICE(ERR_SYNTAX));
    *leases = true;
    return read_lease(call, value, &options->lease_ms);
}

bool cache_get_options_read(struct call *call, struct cache_get_options *options)
{
    bool leases = false;
    *options = (struct cache_get_options){ .lease_ms = SETTING(call_settings(call), cache_lease_ms) };
    for (int arg = 3; arg < call->argc;)
        if (!read_word(call, &arg, options, &leases)) return false;
    return !(leases && options->peeks) || refuse(call, SLICE(ERR_SYNTAX));
}
