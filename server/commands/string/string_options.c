#include "server/commands/string/string_options.h"

#include <stddef.h>

#include "server/exec/call.h"
#include "server/exec/errors.h"

/* EX, PX, EXAT and PXAT, one kind of which may stand, even twice: the last one counts. */
static bool read_time(struct string_options *options, struct call *call, int *arg)
{
    static const char *const words[] = {
        [DEADLINE_IN_SECONDS] = "ex",
        [DEADLINE_IN_MS] = "px",
        [DEADLINE_AT_SECONDS] = "exat",
        [DEADLINE_AT_MS] = "pxat",
    };
    if (options->keep_ttl || options->persist || *arg + 1 >= call->argc) return false;

    for (size_t unit = 0; unit < sizeof words / sizeof *words; unit++) {
        if (!call_arg_is(call, *arg, words[unit])) continue;
        if (options->time_arg != 0 && options->unit != (enum deadline_unit)unit) return false;
        options->unit = (enum deadline_unit)unit;
        options->time_arg = ++*arg;
        return true;
    }
    return false;
}

static bool read_condition(struct string_options *options, const struct call *call, int arg)
{
    enum string_condition condition;
    if (call_arg_is(call, arg, "nx")) {
        condition = STRING_IF_ABSENT;
    } else if (call_arg_is(call, arg, "xx")) {
        condition = STRING_IF_PRESENT;
    } else {
        return false;
    }
    if (options->condition != STRING_ALWAYS && options->condition != condition) return false;
    options->condition = condition;
    return true;
}

static bool read_set_word(struct string_options *options, const struct call *call, int arg)
{
    if (read_condition(options, call, arg)) return true;
    if (call_arg_is(call, arg, "get")) return options->get = true;
    if (call_arg_is(call, arg, "keepttl") && options->time_arg == 0) return options->keep_ttl = true;
    return false;
}

static bool read_getex_word(struct string_options *options, const struct call *call, int arg)
{
    return call_arg_is(call, arg, "persist") && options->time_arg == 0 && (options->persist = true);
}

static bool read_all(struct string_options *options, struct call *call, int from,
                     bool (*read_word)(struct string_options *options, const struct call *call, int arg))
{
    *options = (struct string_options){ 0 };
    for (int arg = from; arg < call->argc; arg++) {
        if (read_word(options, call, arg) || read_time(options, call, &arg)) continue;
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return false;
    }
    return true;
}

bool string_options_read_set(struct string_options *options, struct call *call, int from)
{
    return read_all(options, call, from, read_set_word);
}

bool string_options_read_getex(struct string_options *options, struct call *call, int from)
{
    return read_all(options, call, from, read_getex_word);
}
