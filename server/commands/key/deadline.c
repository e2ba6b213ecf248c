#include "server/commands/key/deadline.h"

#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

bool deadline_of(int64_t amount, enum deadline_unit unit, int64_t now_ms, int64_t *deadline_ms)
{
    bool in_seconds = unit == DEADLINE_IN_SECONDS || unit == DEADLINE_AT_SECONDS;
    bool from_now = unit == DEADLINE_IN_SECONDS || unit == DEADLINE_IN_MS;

    if (in_seconds && __builtin_mul_overflow(amount, 1000, &amount)) return false;
    if (from_now && __builtin_add_overflow(amount, now_ms, &amount)) return false;
    *deadline_ms = amount;
    return true;
}

static bool read_at_least(struct call *call, int arg, enum deadline_unit unit, int64_t least,
                          int64_t *deadline_ms)
{
    int64_t amount;
    if (!call_arg_int(call, arg, &amount)) return false;

    if (amount < least || !deadline_of(amount, unit, call->now_ms, deadline_ms)) {
        reply_errorf(call->reply, ERR_INVALID_EXPIRE_FMT, call->command->row->name);
        return false;
    }
    return true;
}

bool deadline_read(struct call *call, int arg, enum deadline_unit unit, int64_t *deadline_ms)
{
    return read_at_least(call, arg, unit, INT64_MIN, deadline_ms);
}

bool deadline_read_positive(struct call *call, int arg, enum deadline_unit unit, int64_t *deadline_ms)
{
    return read_at_least(call, arg, unit, 1, deadline_ms);
}

void deadline_give(struct call *call, int arg, struct entry *entry, int64_t deadline_ms)
{
    if (deadline_ms <= call->now_ms) {
        call_remove(call, arg, entry);
        call_changed(call, arg, EVENT_DEL);
        return;
    }
    call_set_deadline(call, arg, entry, deadline_ms);
    call_changed(call, arg, EVENT_EXPIRE);
}

int64_t deadline_round_to_seconds(int64_t ms)
{
    /* Unsigned, since a deadline may be the largest of all numbers. */
    return (int64_t)(((uint64_t)ms + 500) / 1000);
}
