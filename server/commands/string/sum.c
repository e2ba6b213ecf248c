#include "server/commands/string/sum.h"

#include <math.h>

#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

bool sum_integers(struct call *call, int64_t value, int64_t by, int64_t *sum)
{
    if (!__builtin_add_overflow(value, by, sum)) return true;
    reply_error(call->reply, SLICE(ERR_OVERFLOW));
    return false;
}

bool sum_read_fraction(struct call *call, struct slice text, struct slice error, long double *value)
{
    if (number_parse_long_double(text, value)) return true;
    reply_error(call->reply, error);
    return false;
}

bool sum_fractions(struct call *call, long double value, long double by, char digits[NUMBER_DOUBLE_MAX],
                   struct slice *sum)
{
    value += by;
    if (isnan(value) || isinf(value)) {
        reply_error(call->reply, SLICE(ERR_NAN_OR_INFINITY));
        return false;
    }
    *sum = slice_of(digits, number_format_long_double(digits, value));
    return true;
}
