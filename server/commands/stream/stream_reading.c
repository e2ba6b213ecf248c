#include "server/commands/stream/stream_reading.h"

#include "proto/base/slice.h"
#include "server/commands/stream/stream_errors.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_script.h"
#include "server/script/stage_name.h"

static bool fail(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_block(struct call *call, int arg, struct stream_reading *reading)
{
    if (stage_name_is(call->session)) {
        struct slice name = call->argv[0];
        reply_errorf(call->reply, ERR_SCRIPT_BLOCK_FMT, (int)name.len, name.data);
        return false;
    }
    int64_t ms;
    if (!call_arg_int_or(call, arg, &ms, SLICE(ERR_TIMEOUT_NOT_INTEGER))) return false;
    if (ms < 0) return fail(call, SLICE(ERR_TIMEOUT_NEGATIVE));
    bool ends = ms > 0 && ms < INT64_MAX - call->now_ms;
    reading->until_ms = ends ? call->now_ms + ms : BLOCKING_FOR_EVER;
    reading->waits = true;
    return true;
}

static bool read_count(struct call *call, int arg, struct stream_reading *reading)
{
    int64_t count;
    if (!call_arg_int(call, arg, &count)) return false;
    reading->count = count > 0 ? (size_t)count : 0;
    return true;
}

static bool read_group(struct call *call, int arg, struct stream_reading *reading)
{
    if (!reading->for_group) return fail(call, SLICE(ERR_STREAM_READ_GROUP));
    reading->group = arg + 1;
    reading->consumer = arg + 2;
    return true;
}

static bool read_no_ack(struct call *call, struct stream_reading *reading)
{
    if (!reading->for_group) return fail(call, SLICE(ERR_STREAM_READ_NO_ACK));
    reading->no_ack = true;
    return true;
}

static bool read_streams(struct call *call, int arg, struct stream_reading *reading)
{
    int words = call->argc - arg - 1;
    if (words % 2 != 0) return fail(call, SLICE(ERR_STREAM_UNBALANCED));
    reading->first = arg + 1;
    reading->keys = words / 2;
    return true;
}

/* How many arguments the option has with its values; 0: an error was replied. */
static int read_option(struct call *call, int arg, struct stream_reading *reading)
{
    int behind = call->argc - arg - 1;
    if (call_arg_is(call, arg, "block") && behind > 0) return read_block(call, arg + 1, reading) ? 2 : 0;
    if (call_arg_is(call, arg, "count") && behind > 0) return read_count(call, arg + 1, reading) ? 2 : 0;
    if (call_arg_is(call, arg, "streams") && behind > 0)
        return read_streams(call, arg, reading) ? call->argc : 0;
    if (call_arg_is(call, arg, "group") && behind > 1) return read_group(call, arg, reading) ? 3 : 0;
    if (call_arg_is(call, arg, "noack")) return read_no_ack(call, reading) ? 1 : 0;
    return fail(call, SLICE(ERR_SYNTAX));
}

bool stream_reading_read(struct call *call, bool for_group, struct stream_reading *reading)
{
    *reading = (struct stream_reading){ .for_group = for_group };
    for (int arg = 1, words; arg < call->argc; arg += words)
        if ((words = read_option(call, arg, reading)) == 0) return false;
    if (reading->first == 0) return fail(call, SLICE(ERR_SYNTAX));
    return !for_group || reading->group != 0 || fail(call, SLICE(ERR_STREAM_NO_GROUP));
}
