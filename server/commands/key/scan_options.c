#include "server/commands/key/scan_options.h"

#include <stddef.h>

#include "proto/base/glob.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

#define COUNT_DEFAULT 10

static bool refuse(struct call *call)
{
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static bool read_count(struct scan_options *options, struct call *call, int arg)
{
    if (!call_arg_int(call, arg, &options->count)) return false;
    return options->count >= 1 || refuse(call);
}

bool scan_options_read(struct scan_options *options, struct call *call, int from, unsigned words)
{
    *options = (struct scan_options){ .count = COUNT_DEFAULT };
    for (int arg = from; arg < call->argc; arg++) {
        bool has_value = arg + 1 < call->argc;
        if (has_value && call_arg_is(call, arg, "count")) {
            if (!read_count(options, call, ++arg)) return false;
        } else if (has_value && call_arg_is(call, arg, "match")) {
            options->pattern = call->argv[++arg];
        } else if (has_value && (words & SCAN_WORD_TYPE) && call_arg_is(call, arg, "type")) {
            options->type = call->argv[++arg];
        } else if ((words & SCAN_WORD_NOVALUES) && call_arg_is(call, arg, "novalues")) {
            options->no_values = true;
        } else if ((words & SCAN_WORD_NOSCORES) && call_arg_is(call, arg, "noscores")) {
            options->no_values = true;
        } else {
            return refuse(call);
        }
    }
    return true;
}

bool scan_options_match(const struct scan_options *options, struct slice name)
{
    return options->pattern.data == NULL || glob_match(options->pattern, name);
}
