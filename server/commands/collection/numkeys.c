#include "server/commands/collection/numkeys.h"

#include "proto/base/number.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

static bool fit(struct call *call, int arg, int64_t number, struct slice excess, int *count)
{
    if (number > call->argc - arg - 1) {
        reply_error(call->reply, excess);
        return false;
    }
    *count = (int)number;
    return true;
}

bool numkeys_read(struct call *call, int arg, struct slice excess, int *count)
{
    int64_t number;
    if (!number_parse_i64(call->argv[arg], &number) || number < 1) {
        reply_error(call->reply, SLICE(ERR_NUMKEYS));
        return false;
    }
    return fit(call, arg, number, excess, count);
}

bool numkeys_read_inputs(struct call *call, int arg, int *count)
{
    int64_t number;
    if (!call_arg_int(call, arg, &number)) return false;
    if (number < 1) {
        reply_errorf(call->reply, ERR_NO_INPUT_KEY_FMT, call->command->full_name);
        return false;
    }
    return fit(call, arg, number, SLICE(ERR_SYNTAX), count);
}

bool numkeys_read_limit(struct call *call, int arg, int64_t *limit)
{
    if (number_parse_i64(call->argv[arg], limit) && *limit >= 0) return true;
    reply_error(call->reply, SLICE(ERR_LIMIT_NEGATIVE));
    return false;
}
