#include "server/commands/hash/field_times.h"

#include "server/commands/hash/field_errors.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "storage/types/hash.h"

bool field_times_wants_fields(struct call *call, int arg, struct slice error)
{
    int64_t count;
    if (!call_arg_is(call, arg, "fields")) {
        reply_error(call->reply, SLICE(ERR_FIELDS_WORD));
        return false;
    }
    if (!call_arg_int_or(call, arg + 1, &count, error)) return false;
    if (count < 1) {
        reply_error(call->reply, error);
        return false;
    }
    if (count == call->argc - arg - 2) return true;
    reply_error(call->reply, SLICE(ERR_FIELDS_COUNT));
    return false;
}

bool field_times_read(struct call *call, int arg, enum deadline_unit unit, int64_t *deadline_ms)
{
    int64_t amount;
    if (!call_arg_int(call, arg, &amount)) return false;
    if (amount < 0) {
        reply_error(call->reply, SLICE(ERR_FIELD_TIME_NEGATIVE));
        return false;
    }
    if (deadline_of(amount, unit, call->now_ms, deadline_ms) && *deadline_ms <= HASH_DEADLINE_MAX)
        return true;
    reply_errorf(call->reply, ERR_INVALID_EXPIRE_FMT, call->command->row->name);
    return false;
}

bool field_times_is_past(const struct call *call, int64_t deadline_ms)
{
    return deadline_ms <= call->now_ms;
}

int64_t field_times_to_seconds(int64_t ms)
{
    return (ms + 999) / 1000;
}
