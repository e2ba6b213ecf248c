#include "server/commands/string/string_options.h"

#include <stddef.h>

#include "server/exec/call.h"
#include "server/exec/errors/errors.h"

struct words {
    const struct slice *argv;
    int argc;
};

static bool is(const struct words *words, int arg, const char *word)
{
    return slice_equal_nocase(words->argv[arg], slice_of_cstr(word));
}

/* EX, PX, EXAT and PXAT, one kind of which may stand, even twice: the last one counts. */
static bool read_time(struct string_options *options, const struct words *words, int *arg)
{
    static const char *const times[] = {
        [DEADLINE_IN_SECONDS] = "ex",
        [DEADLINE_IN_MS] = "px",
        [DEADLINE_AT_SECONDS] = "exat",
        [DEADLINE_AT_MS] = "pxat",
    };
    if (options->keep_ttl || options->persist || *arg + 1 >= words->argc) return false;

    for (size_t unit = 0; unit < sizeof times / sizeof *times; unit++) {
        if (!is(words, *arg, times[unit])) continue;
        if (options->time_arg != 0 && options->unit != (enum deadline_unit)unit) return false;
        options->unit = (enum deadline_unit)unit;
        options->time_arg = ++*arg;
        return true;
    }
    return false;
}

static bool read_condition(struct string_options *options, const struct words *words, int arg)
{
    enum string_condition condition;
    if (is(words, arg, "nx")) {
        condition = STRING_IF_ABSENT;
    } else if (is(words, arg, "xx")) {
        condition = STRING_IF_PRESENT;
    } else {
        return false;
    }
    if (options->condition != STRING_ALWAYS && options->condition != condition) return false;
    options->condition = condition;
    return true;
}

/* What the string is compared with. Only one condition may stand, and that once. */
static bool read_comparison(struct string_options *options, const struct words *words, int *arg)
{
    enum string_condition condition = string_condition_named(words->argv[*arg]);
    if (condition == STRING_ALWAYS || options->condition != STRING_ALWAYS || *arg + 1 >= words->argc)
        return false;
    options->condition = condition;
    options->condition_arg = ++*arg;
    return true;
}

static bool read_keep_ttl(struct string_options *options, const struct words *words, int arg)
{
    return is(words, arg, "keepttl") && options->time_arg == 0 && (options->keep_ttl = true);
}

/* The rarest stand last. */
static bool read_set_word(struct string_options *options, const struct words *words, int *arg)
{
    if (read_condition(options, words, *arg)) return true;
    if (is(words, *arg, "get")) return options->get = true;
    return read_keep_ttl(options, words, *arg) || read_time(options, words, arg) ||
           read_comparison(options, words, arg);
}

static bool read_msetex_word(struct string_options *options, const struct words *words, int *arg)
{
    return read_condition(options, words, *arg) || read_keep_ttl(options, words, *arg) ||
           read_time(options, words, arg);
}

static bool read_getex_word(struct string_options *options, const struct words *words, int *arg)
{
    if (is(words, *arg, "persist") && options->time_arg == 0) return options->persist = true;
    return read_time(options, words, arg);
}

typedef bool read_word(struct string_options *options, const struct words *words, int *arg);

static bool read_all(struct string_options *options, const struct words *words, int from, read_word *read)
{
    *options = (struct string_options){ 0 };
    for (int arg = from; arg < words->argc; arg++) {
        if (!read(options, words, &arg)) return false;
    }
    return true;
}

static bool read_or_refuse(struct string_options *options, struct call *call, int from, read_word *read)
{
    struct words words = { call->argv, call->argc };
    if (read_all(options, &words, from, read)) return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

bool string_options_parse_set(struct string_options *options, const struct slice *argv, int argc, int from)
{
    return read_all(options, &(struct words){ argv, argc }, from, read_set_word);
}

bool string_options_read_set(struct string_options *options, struct call *call, int from)
{
    return read_or_refuse(options, call, from, read_set_word);
}

bool string_options_read_msetex(struct string_options *options, struct call *call, int from)
{
    return read_or_refuse(options, call, from, read_msetex_word);
}

bool string_options_read_getex(struct string_options *options, struct call *call, int from)
{
    return read_or_refuse(options, call, from, read_getex_word);
}
